-- A longer list is not acted upon.
{% set actions_of_a_customer = 3 %}

with

points as (

    select * from {{ ref('int_health_points_scored') }}

),

held_out as (

    select * from {{ ref('int_customers_held_out') }}
    where is_held_out

),

-- What a person marked done or wrong gives way to the next for a while.
resting as (

    select distinct
        customer_id,
        driver
    from {{ ref('int_action_outcomes_known') }}
    where is_resting

),

current_points as (

    select points.*
    from points
    left join held_out
        on points.customer_id = held_out.customer_id
    left join resting
        on points.customer_id = resting.customer_id
        and points.driver = resting.driver
    where
        points.is_current
        and points.points_lost > 0
        and held_out.customer_id is null
        and resting.driver is null

),

chosen as (

    select * from current_points
    qualify
        row_number() over (
            partition by customer_id
            order by points_lost desc, driver
        ) <= {{ actions_of_a_customer }}

),

compared_with_the_month_before as (

    select
        chosen.customer_id,
        chosen.driver,
        chosen.pillar,
        chosen.measured_column,
        chosen.as_of_on,
        before.as_of_on as before_on,
        chosen.value,
        before.value as value_before,
        chosen.points_lost,
        case when before.state = 'known' then before.points_lost end as points_lost_before
    from chosen
    left join points as before
        on chosen.customer_id = before.customer_id
        and chosen.driver = before.driver
        and before.month = {{ add_months('chosen.month', '-1') }}

)

select * from compared_with_the_month_before
