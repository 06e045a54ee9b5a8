with

measured as (

    select * from {{ ref('int_customer_months_measured') }}

),

points as (

    select * from {{ ref('int_health_points_scored') }}

),

drivers as (

    select * from {{ ref('int_health_drivers') }}

),

overrides as (

    {{ sound_rows('health_overrides') }}

),

added_up as (

    select
        points.customer_id,
        points.as_of_on,
        sum(cast(points.points_lost as decimal(38, 9))) as points_lost,
        coalesce({{ exact_sum("case when points.state = 'known' then points.weight end") }}, 0) as known_weight,
        coalesce({{ exact_sum("case when points.state = 'unknown' then points.weight end") }}, 0) as unknown_weight,
        coalesce({{ exact_sum('points.weight * points.penalty') }}, 0) as weight_lost
        {%- for part in ['message', 'quality', 'people'] %},
        {%- set is_known_part = "points.state = 'known' and drivers.in_confusion = '" ~ part ~ "'" %}
        100 * {{ exact_sum("case when " ~ is_known_part ~ " then points.weight * points.penalty end") }}
        / nullif({{ exact_sum("case when " ~ is_known_part ~ " then points.weight end") }}, 0) as confusion_{{ part }}
        {%- endfor %}
    from points
    inner join drivers
        on points.driver = drivers.driver
    group by points.customer_id, points.as_of_on

),

scores as (

    select
        *,
        case when known_weight > 0 then cast(100 - points_lost as double) end as health_score,
        known_weight / nullif(known_weight + unknown_weight, 0) as health_coverage
    from added_up

),

-- With all of it known the floor is the score, to the last digit.
floored as (

    select
        *,
        case
            when unknown_weight > 0
                then least(
                    round(100 * (1 - (weight_lost + unknown_weight) / (known_weight + unknown_weight)), 9),
                    health_score
                )
            else health_score
        end as health_floor
    from scores

),

ranked as (

    select
        customer_id,
        as_of_on,
        driver,
        row_number() over (partition by customer_id, as_of_on order by points_lost desc, driver) as position
    from points
    where points_lost > 0

),

top_drivers as (

    select
        customer_id,
        as_of_on,
        max(case when position = 1 then driver end) as top_driver_1,
        max(case when position = 2 then driver end) as top_driver_2,
        max(case when position = 3 then driver end) as top_driver_3
    from ranked
    where position <= 3
    group by customer_id, as_of_on

),

overrides_that_hold as (

    select
        measured.customer_id,
        measured.as_of_on,
        overrides.band as override_band,
        overrides.reason as override_reason,
        {{ parse_date('overrides.expires_on') }} as override_expires_on
    from measured
    inner join overrides
        on measured.customer_id = overrides.customer_id
        and measured.as_of_on >= {{ parse_date('overrides.set_on') }}
        and measured.as_of_on <= {{ parse_date('overrides.expires_on') }}
    qualify row_number() over (
        partition by measured.customer_id, measured.as_of_on
        order by {{ parse_date('overrides.set_on') }} desc, overrides.seed_row desc
    ) = 1

),

judged as (

    select
        measured.customer_id,
        measured.as_of_on,
        floored.confusion_message,
        floored.confusion_quality,
        floored.confusion_people,
        (
            coalesce(floored.confusion_message, 0)
            + coalesce(floored.confusion_quality, 0)
            + coalesce(floored.confusion_people, 0)
        ) / nullif(
            case when floored.confusion_message is null then 0 else 1 end
            + case when floored.confusion_quality is null then 0 else 1 end
            + case when floored.confusion_people is null then 0 else 1 end,
            0
        ) as confusion_index,
        floored.health_score,
        floored.health_floor,
        floored.health_coverage,
        case
            when floored.health_coverage >= {{ var('health_least_coverage') }}
                then
                    case
                        when floored.health_floor >= {{ var('health_healthy_from') }} then 'healthy'
                        when floored.health_floor < {{ var('health_at_risk_under') }} then 'at_risk'
                        else 'watch'
                    end
            else 'unknown'
        end as health_band,
        floored.health_score - month_before.health_score as health_score_change_1m,
        overrides_that_hold.override_band,
        overrides_that_hold.override_reason,
        overrides_that_hold.override_expires_on,
        top_drivers.top_driver_1,
        top_drivers.top_driver_2,
        top_drivers.top_driver_3
    from measured
    left join floored
        on measured.customer_id = floored.customer_id
        and measured.as_of_on = floored.as_of_on
    left join floored as month_before
        on measured.customer_id = month_before.customer_id
        and {{ add_days('measured.month', -1) }} = month_before.as_of_on
    left join top_drivers
        on measured.customer_id = top_drivers.customer_id
        and measured.as_of_on = top_drivers.as_of_on
    left join overrides_that_hold
        on measured.customer_id = overrides_that_hold.customer_id
        and measured.as_of_on = overrides_that_hold.as_of_on

)

select * from judged
