with

customer_days as (

    select * from {{ ref('int_customer_days') }}

),

run_day as (

    select as_of_on from {{ ref('int_as_of_days') }}
    where is_run_day

),

companies_of_customers as (

    select * from {{ ref('int_companies_resolved_to_customers') }}

),

stage_history as (

    select * from {{ ref('int_company_lifecycle_history') }}

),

deals as (

    select * from {{ ref('int_deals_as_of') }}

),

arr as (

    select * from {{ ref('int_customer_arr_as_of') }}

),

days as (

    select
        customer_id,
        as_of_on
    from customer_days

    union distinct

    select
        companies_of_customers.customer_id,
        run_day.as_of_on
    from companies_of_customers
    cross join run_day

),

stages_at_days_ends as (

    select
        company_id,
        lifecycle_stage,
        changed_on
    from stage_history
    qualify row_number() over (
        partition by company_id, changed_on
        order by changed_at desc, position
    ) = 1

),

vendor_stages as (

    select
        company_id,
        lifecycle_stage,
        changed_on as from_on,
        lead(changed_on) over (partition by company_id order by changed_on) as until_on
    from stages_at_days_ends

),

won as (

    select distinct
        customer_id,
        as_of_on
    from deals
    where is_won

),

staged as (

    select
        days.customer_id,
        days.as_of_on,
        case
            when arr.churned_on is not null then 'churned'
            when vendor_stages.lifecycle_stage = 'advocacy' then 'advocacy'
            when
                vendor_stages.lifecycle_stage = 'use'
                or {{ add_days('arr.customer_since_on', 90) }} <= days.as_of_on
                then 'use'
            when won.customer_id is not null then 'purchase'
            else vendor_stages.lifecycle_stage
        end as lifecycle_stage
    from days
    left join vendor_stages
        on days.customer_id = vendor_stages.company_id
        and days.as_of_on >= vendor_stages.from_on
        and (vendor_stages.until_on is null or days.as_of_on < vendor_stages.until_on)
    left join won
        on days.customer_id = won.customer_id
        and days.as_of_on = won.as_of_on
    left join arr
        on days.customer_id = arr.customer_id
        and days.as_of_on = arr.as_of_on

)

select * from staged
