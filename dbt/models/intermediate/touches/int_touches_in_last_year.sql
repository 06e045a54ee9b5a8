-- Twelve calendar months that end with a leap year's February reach back one day further than 365 days do.
{% set days_back = 366 %}

with

touches as (

    select * from {{ ref('int_touches_known') }}
    where customer_id is not null

),

customer_days as (

    select * from {{ ref('int_customer_days') }}

),

touches_of_customers as (

    select
        touches.customer_id,
        customer_days.as_of_on,
        touches.touch_id,
        touches.occurred_on,
        {{ days_between('touches.occurred_on', 'customer_days.as_of_on') }} as days_ago,
        touches.initiative,
        touches.substance,
        touches.rule_theme,
        touches.theme,
        touches.is_sales,
        touches.is_pulse_check,
        touches.is_holding_reply,
        touches.employee_id,
        touches.customer_talk_share,
        touches.duration_minutes,
        customer_days.customer_since_on
    from touches
    inner join customer_days
        on touches.customer_id = customer_days.customer_id
        and customer_days.as_of_on >= touches.occurred_on
        and customer_days.as_of_on < {{ add_days('touches.occurred_on', days_back) }}
        and customer_days.as_of_on >= touches.known_from_on
        and (touches.known_until_on is null or customer_days.as_of_on < touches.known_until_on)

)

select * from touches_of_customers
