with

outcomes as (

    select * from {{ ref('int_action_outcomes_known') }}

),

published as (

    select
        action_outcome_id,
        customer_id,
        driver,
        outcome,
        reason,
        recorded_by,
        noted_on as recorded_on,
        rests_until_on,
        is_resting,
        source_system,
        source_record_id,
        source_url,
        recorded_at
    from outcomes

)

select * from published
