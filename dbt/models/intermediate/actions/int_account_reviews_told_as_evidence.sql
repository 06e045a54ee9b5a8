{%- set evidence = {
    'account_reviews': 'true',
} -%}

with

customers as (

    select * from {{ ref('int_customer_days') }}
    where is_run_day and churned_on is null

),

activities as (

    select * from {{ ref('int_activities_resolved_to_customers') }}
    where is_account_review

),

facts as (

    select
        activities.customer_id,
        activities.touch_id as fact_id,
        activities.occurred_on as happened_on,
        activities.source_system,
        activities.source_record_id,
        activities.source_url
    from activities
    inner join customers
        on activities.customer_id = customers.customer_id
        and activities.occurred_on <= customers.as_of_on
        and activities.recorded_on <= customers.as_of_on
        and (activities.removed_on is null or activities.removed_on > customers.as_of_on)

),

newest as (

    {{ newest_evidence('facts', 'review', evidence) }}

),

-- An internal session is no touch: it stands in no table of the mart, only in the CRM.
told as (

    select
        evidence,
        kind,
        customer_id,
        cast(null as {{ dbt.type_string() }}) as fact_table,
        fact_id,
        happened_on,
        'the account team''s session of ' || {{ day_in_words('happened_on') }} as words,
        false as is_overdue,
        source_system,
        source_record_id,
        source_url,
        position
    from newest

)

select * from told
