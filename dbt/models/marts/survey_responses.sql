with

surveys as (

    select * from {{ ref('int_surveys_as_of') }}
    where is_run_day

),

surveys_known_now as (

    select
        survey_response_id,
        customer_id,
        contact_id,
        survey_type,
        sent_at,
        responded_at,
        score,
        score_max,
        sentiment,
        comment,
        acted_on_at,
        action_lag_days,
        source_system,
        source_record_id,
        source_url,
        recorded_at
    from surveys

)

select * from surveys_known_now
