{%- set evidence = {
    'voice': 'true',
    'unanswered_warnings': "voice_kind = 'warning' and acted_on_at is null",
    'proven_warnings': "voice_kind = 'warning' and has_come_true",
    'unmet_expectations': "voice_kind = 'expectation' and acted_on_at is null",
    'open_opportunities': "voice_kind = 'opportunity' and acted_on_at is null",
} -%}
{%- set as_kind = {
    'unanswered_warnings': 'warning',
    'proven_warnings': 'warning',
    'unmet_expectations': 'expectation',
    'open_opportunities': 'opportunity',
} -%}

with

customers as (

    select * from {{ ref('int_customer_days') }}
    where is_run_day and churned_on is null

),

voice as (

    select * from {{ ref('int_voice_as_of') }}
    where is_run_day

),

incidents as (

    select * from {{ ref('int_incidents_as_of') }}
    where is_run_day and warned_by_voice_id is not null

),

warnings_come_true as (

    select distinct warned_by_voice_id as voice_id
    from incidents

),

facts as (

    select
        voice.customer_id,
        voice.voice_id as fact_id,
        voice.heard_on as happened_on,
        voice.kind as voice_kind,
        voice.theme,
        voice.quote,
        voice.acted_on_at,
        warnings_come_true.voice_id is not null as has_come_true,
        voice.source_system,
        voice.source_record_id,
        voice.source_url
    from voice
    inner join customers
        on voice.customer_id = customers.customer_id
    left join warnings_come_true
        on voice.voice_id = warnings_come_true.voice_id

),

newest as (

    {{ newest_evidence('facts', 'voice', evidence, as_kind) }}

),

told as (

    select
        evidence,
        kind,
        customer_id,
        'voice_of_customer' as fact_table,
        fact_id,
        happened_on,
        coalesce(
            {{ in_quotes('quote') }},
            'their ' || {{ code_in_words('voice_kind') }} || coalesce(' about ' || replace(theme, '_', ' '), '')
        )
        || ', heard on ' || {{ day_in_words('happened_on') }} as words,
        false as is_overdue,
        source_system,
        source_record_id,
        source_url,
        position
    from newest

)

select * from told
