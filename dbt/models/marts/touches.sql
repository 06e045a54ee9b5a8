with

run_day as (

    select as_of_on from {{ ref('int_as_of_days') }}
    where is_run_day

),

touches as (

    select * from {{ ref('int_touches_classified') }}

),

touches_known_now as (

    select
        touches.touch_id,
        touches.customer_id,
        touches.occurred_at,
        touches.occurred_on,
        touches.channel,
        touches.direction,
        touches.initiative,
        touches.substance,
        touches.substance_rule,
        touches.theme,
        touches.is_sales,
        touches.is_pulse_check,
        touches.is_holding_reply,
        touches.employee_id,
        touches.department,
        touches.contact_id,
        touches.persona,
        touches.customer_talk_share,
        touches.duration_minutes,
        touches.source_system,
        touches.source_record_id,
        touches.source_url,
        touches.recorded_at
    from touches
    inner join run_day
        on run_day.as_of_on >= touches.occurred_on
        and run_day.as_of_on >= touches.recorded_on
        and (touches.removed_on is null or run_day.as_of_on < touches.removed_on)

)

select * from touches_known_now
