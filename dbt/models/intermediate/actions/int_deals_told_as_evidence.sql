with

customers as (

    select * from {{ ref('int_customer_days') }}
    where is_run_day and churned_on is null

),

deals_as_of as (

    select * from {{ ref('int_deals_as_of') }}

),

deals as (

    select * from {{ ref('int_deals') }}
    where offering is not null

),

owners as (

    select * from {{ ref('int_owners_resolved_to_employees') }}

),

names as (

    select * from {{ ref('int_employees_named') }}

),

facts as (

    select
        deals_as_of.customer_id,
        deals_as_of.deal_id as fact_id,
        deals.recorded_on as happened_on,
        deals.offering,
        owners.employee_id,
        deals.source_system,
        deals.source_record_id,
        deals.source_url
    from deals_as_of
    inner join customers
        on deals_as_of.customer_id = customers.customer_id
        and deals_as_of.as_of_on = customers.as_of_on
    inner join deals
        on deals_as_of.deal_id = deals.deal_id
    left join owners
        on deals_as_of.source_system = owners.source_system
        and deals_as_of.owner_id = owners.owner_id

),

newest as (

    {{ newest_evidence('facts', 'deals') }}

),

-- A deal stands in no table of the mart but as the term that it opens or renews.
told as (

    select
        newest.evidence,
        newest.kind,
        newest.customer_id,
        cast(null as {{ dbt.type_string() }}) as fact_table,
        newest.fact_id,
        newest.happened_on,
        'the offer of ' || newest.offering || coalesce(' by ' || names.full_name, '') || ' on '
        || {{ day_in_words('newest.happened_on') }} as words,
        false as is_overdue,
        newest.source_system,
        newest.source_record_id,
        newest.source_url,
        newest.position
    from newest
    left join names
        on newest.employee_id = names.employee_id

)

select * from told
