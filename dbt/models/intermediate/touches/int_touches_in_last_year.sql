-- Twelve calendar months that end with a leap year's February reach back one day further than 365 days do.
{% set days_back = 366 %}

with

touches as (

    select * from {{ ref('int_touches_known') }}
    where customer_id is not null

),

as_of_days as (

    select * from {{ ref('int_as_of_days') }}

),

customer_days as (

    select * from {{ ref('int_customer_days') }}

),

touches_by_as_of_day as (

    select
        touches.*,
        as_of_days.as_of_on
    from touches
    inner join as_of_days
        on as_of_days.as_of_on >= touches.occurred_on
        and as_of_days.as_of_on < {{ add_days('touches.occurred_on', days_back) }}
        and as_of_days.as_of_on >= touches.known_from_on
        and (touches.known_until_on is null or as_of_days.as_of_on < touches.known_until_on)

),

touches_of_customers as (

    select
        touches_by_as_of_day.customer_id,
        touches_by_as_of_day.as_of_on,
        touches_by_as_of_day.touch_id,
        touches_by_as_of_day.occurred_on,
        {{ days_between('touches_by_as_of_day.occurred_on', 'touches_by_as_of_day.as_of_on') }} as days_ago,
        touches_by_as_of_day.initiative,
        touches_by_as_of_day.substance,
        touches_by_as_of_day.rule_theme,
        touches_by_as_of_day.is_pulse_check,
        touches_by_as_of_day.is_holding_reply,
        touches_by_as_of_day.employee_id,
        touches_by_as_of_day.customer_talk_share,
        touches_by_as_of_day.duration_minutes,
        customer_days.customer_since_on
    from touches_by_as_of_day
    inner join customer_days
        on touches_by_as_of_day.customer_id = customer_days.customer_id
        and touches_by_as_of_day.as_of_on = customer_days.as_of_on

)

select * from touches_of_customers
