with

outcomes as (

    select * from {{ ref('int_action_outcomes_gathered') }}
    where
        noted_on <= {{ as_of_on() }}
        and {{ is_known('recorded_on', 'removed_on') }}

),

known as (

    select
        action_outcome_id,
        customer_id,
        driver,
        outcome,
        reason,
        recorded_by,
        noted_on,
        rests_until_on,
        rests_until_on >= {{ as_of_on() }} as is_resting,
        source_system,
        source_record_id,
        source_url,
        recorded_at
    from outcomes

)

select * from known
