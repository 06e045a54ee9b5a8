with

retention_costs as (

    select * from {{ ref('stg_files__retention_costs') }}

),

companies_of_customers as (

    select * from {{ ref('int_companies_resolved_to_customers') }}

),

companies as (

    select * from {{ ref('int_companies') }}

),

segments as (

    select distinct segment from companies
    where segment is not null

),

rates as (

    {{ rates_in_force() }}

),

dated as (

    select
        *,
        {{ add_days(add_months('month', '1'), '-1') }} as rate_on
    from retention_costs

),

rated as (

    select
        dated.*,
        {{ rate_or_stop('dated', "'retention costs, ' || dated.source_record_id") }} as rate
    from dated
    left join rates
        on dated.currency = rates.currency
        and dated.rate_on >= rates.valid_on
        and (rates.next_valid_on is null or dated.rate_on < rates.next_valid_on)

),

-- What is of no customer or segment that the CRM knows is spent all the same.
resolved as (

    select
        rated.retention_cost_id,
        companies_of_customers.customer_id,
        rated.segment,
        case
            when rated.segment is null then coalesce(companies.segment, 'unknown')
            when rated.segment = 'all' then 'all'
            else coalesce(segments.segment, 'unknown')
        end as counted_segment,
        rated.month,
        round(rated.acquisition_cost * rated.rate, 2) as acquisition_cost,
        round(rated.retention_cost * rated.rate, 2) as retention_cost,
        rated.acquisition_cost as acquisition_cost_original,
        rated.retention_cost as retention_cost_original,
        rated.currency,
        rated.source_system,
        rated.source_record_id,
        rated.source_url,
        rated.recorded_at,
        rated.recorded_on,
        rated.removed_on
    from rated
    left join companies_of_customers
        on rated.customer_reference = companies_of_customers.company_id
    left join companies
        on companies_of_customers.customer_id = companies.company_id
    left join segments
        on rated.segment = segments.segment
    where rated.removed_on is null or rated.recorded_on < rated.removed_on

)

select * from resolved
