with

voice as (

    select * from {{ ref('int_voice_as_of') }}
    where is_run_day

),

voice_known_now as (

    select
        voice_id,
        customer_id,
        heard_at,
        heard_on,
        kind,
        theme,
        department,
        employee_id,
        channel,
        acted_on_at,
        quote,
        source_system,
        source_record_id,
        source_url,
        recorded_at
    from voice

)

select * from voice_known_now
