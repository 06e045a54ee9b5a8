with

incidents as (

    select * from {{ ref('int_incidents_as_of') }}
    where is_run_day

),

incidents_known_now as (

    select
        incident_id,
        customer_id,
        opened_at,
        opened_on,
        resolved_at,
        resolved_on,
        category,
        theme,
        severity,
        phase,
        detected_by,
        is_surprise,
        first_response_due_at,
        first_responded_at,
        first_response_kept,
        resolution_due_at,
        resolution_kept,
        reopen_count,
        repeat_of,
        days_since_previous_incident,
        was_warned,
        warned_by_voice_id,
        festered_days,
        went_quiet,
        source_system,
        source_record_id,
        source_url,
        recorded_at
    from incidents

)

select * from incidents_known_now
