with

run_day as (

    select as_of_on from {{ ref('int_as_of_days') }}
    where is_run_day

),

companies as (

    select * from {{ ref('int_companies') }}

),

customers_of_companies as (

    select * from {{ ref('int_companies_resolved_to_customers') }}

),

arr as (

    select * from {{ ref('int_customer_arr_as_of') }}

),

stages as (

    select * from {{ ref('int_lifecycle_stages_as_of') }}

),

owners as (

    select * from {{ ref('int_customer_owners_as_of') }}
    where is_run_day

),

hr as (

    select {{ is_connected('hr') }} as is_connected

),

-- Of several companies merged into one customer, the one whose id the customer bears describes it.
describing_companies as (

    select
        companies.*,
        customers_of_companies.customer_id,
        run_day.as_of_on
    from companies
    inner join customers_of_companies
        on companies.company_id = customers_of_companies.company_id
    inner join run_day
        on companies.recorded_on <= run_day.as_of_on
    qualify row_number() over (
        partition by customers_of_companies.customer_id
        order by
            case when companies.company_id = customers_of_companies.customer_id then 0 else 1 end,
            companies.company_id
    ) = 1

),

described as (

    select
        describing_companies.customer_id,
        describing_companies.company_name as customer_name,
        describing_companies.domain,
        describing_companies.industry,
        describing_companies.segment,
        describing_companies.region,
        (arr.customer_since_on is not null and arr.churned_on is null) as is_customer,
        arr.customer_since_on,
        arr.churned_on,
        stages.lifecycle_stage,
        cast(coalesce(arr.arr, 0) as double) as arr,
        owners.account_manager_id,
        owners.csm_id,
        case when hr.is_connected then coalesce(owners.ghost_owners, 0) > 0 end as has_ghost_owner,
        (
            describing_companies.was_removed_at_first_load
            or describing_companies.removed_on <= describing_companies.as_of_on
        ) is true as is_archived,
        describing_companies.source_system,
        describing_companies.source_record_id,
        describing_companies.source_url,
        describing_companies.recorded_at
    from describing_companies
    cross join hr
    left join arr
        on describing_companies.customer_id = arr.customer_id
        and describing_companies.as_of_on = arr.as_of_on
    left join stages
        on describing_companies.customer_id = stages.customer_id
        and describing_companies.as_of_on = stages.as_of_on
    left join owners
        on describing_companies.customer_id = owners.customer_id
        and describing_companies.as_of_on = owners.as_of_on

)

select * from described
