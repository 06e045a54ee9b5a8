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
        repeat_of,
        days_since_previous_incident,
        source_system,
        source_record_id,
        source_url,
        recorded_at
    from incidents

)

select * from incidents_known_now
