{%- set evidence = {
    'incidents': 'true',
    'open_incidents': 'is_open',
    'severe_incidents': 'is_severe',
    'surprises': 'is_surprise',
    'late_discrepancies': "category = 'discrepancy' and phase <> 'before_start'",
    'reopened_incidents': 'reopen_count > 0',
    'repeat_incidents': 'repeat_of is not null',
    'second_incidents': 'days_since_previous_incident <= 90',
    'warned_incidents': 'was_warned',
    'quiet_incidents': 'is_quiet_since',
} -%}
{%- set evidence_of_resolutions = {'resolved_incidents': 'true'} -%}
{%- set evidence_of_promises = {
    'broken_promises': 'true',
    'overdue_promises': 'is_overdue',
} -%}

with

customers as (

    select * from {{ ref('int_customer_days') }}
    where is_run_day and churned_on is null

),

incidents as (

    select * from {{ ref('int_incidents_as_of') }}
    where is_run_day

),

tickets as (

    select
        incident_id,
        {{ text_without_marks(plain_text('subject')) }} as subject
    from {{ ref('int_tickets') }}

),

incidents_of_customers as (

    select
        incidents.*,
        incidents.incident_id as fact_id,
        tickets.subject,
        coalesce({{ in_quotes('tickets.subject') }}, 'the ' || {{ code_in_words('incidents.category') }}) as called
    from incidents
    inner join customers
        on incidents.customer_id = customers.customer_id
    left join tickets
        on incidents.incident_id = tickets.incident_id

),

facts as (

    select
        *,
        opened_on as happened_on,
        called || ', reported on ' || {{ day_in_words('opened_on') }} as words,
        false as is_overdue
    from incidents_of_customers

),

resolutions as (

    select
        *,
        resolved_on as happened_on,
        called || ', reported on ' || {{ day_in_words('opened_on') }} || ' and resolved on '
        || {{ day_in_words('resolved_on') }} as words,
        false as is_overdue
    from incidents_of_customers
    where resolved_on is not null

),

-- Of an incident of which both promises were broken, the fix is what the customer waits for.
promises as (

    select
        *,
        resolution_due_on as happened_on,
        'the fix of ' || called || ', promised for ' || {{ day_in_words('resolution_due_on') }}
        || case when is_open then ' and still open' else '' end as words,
        is_open as is_overdue
    from incidents_of_customers
    where resolution_kept = false

    union all

    select
        *,
        first_response_due_on as happened_on,
        'the first answer to ' || called || ', promised for ' || {{ day_in_words('first_response_due_on') }} as words,
        false as is_overdue
    from incidents_of_customers
    where
        first_response_kept = false
        and coalesce(resolution_kept, true)

),

newest as (

    {{ newest_evidence('facts', 'incident', evidence) }}

    union all

    {{ newest_evidence('resolutions', 'incident', evidence_of_resolutions) }}

    union all

    {{ newest_evidence('promises', 'promise', evidence_of_promises) }}

),

told as (

    select
        evidence,
        kind,
        customer_id,
        'quality_incidents' as fact_table,
        fact_id,
        happened_on,
        words,
        is_overdue,
        source_system,
        source_record_id,
        source_url,
        position
    from newest

)

select * from told
