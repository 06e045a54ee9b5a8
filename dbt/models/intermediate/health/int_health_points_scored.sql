{%- set measured_columns = measured_columns() -%}

with

measured as (

    select * from {{ ref('int_customer_months_measured') }}

),

drivers as (

    select * from {{ ref('int_health_drivers') }}

),

systems as (

    select * from {{ ref('int_systems_known_as_of') }}

),

as_of_days as (

    select * from {{ ref('int_as_of_days') }}

),

measured_values as (
    {% for column in measured_columns %}

    select
        customer_id,
        month,
        as_of_on,
        is_current,
        '{{ column }}' as measured_column,
        cast({{ column }} as double) as value
    from measured
    {%- if not loop.last %}

    union all
    {%- endif %}
    {%- endfor %}

),

systems_of_drivers as (

    {{ split_rows('drivers', 'needs', '+') }}

),

drivers_on_days as (

    select
        systems_of_drivers.driver,
        as_of_days.as_of_on,
        bool_and(coalesce(systems.is_fresh, false)) as is_source_known
    from systems_of_drivers
    cross join as_of_days
    left join systems
        on systems_of_drivers.item = systems.capability
        and as_of_days.as_of_on = systems.as_of_on
    group by systems_of_drivers.driver, as_of_days.as_of_on

),

-- What a stale source says is not shown either: it would be read as if it were so.
valued as (

    select
        measured_values.customer_id,
        measured_values.month,
        measured_values.as_of_on,
        measured_values.is_current,
        drivers.driver,
        drivers.pillar,
        drivers.measured_column,
        drivers.needs,
        case when drivers_on_days.is_source_known then measured_values.value end as value,
        drivers.good_at,
        drivers.bad_at,
        drivers.weight,
        case
            when not drivers_on_days.is_source_known then 'unknown'
            when measured_values.value is null then 'not_applicable'
            else 'known'
        end as state
    from measured_values
    inner join drivers
        on measured_values.measured_column = drivers.measured_column
    inner join drivers_on_days
        on drivers.driver = drivers_on_days.driver
        and measured_values.as_of_on = drivers_on_days.as_of_on

),

-- Adding 0 turns the negative zero, which prints as one, into zero.
penalized as (

    select
        *,
        case
            when state = 'known' then least(greatest((value - good_at) / (bad_at - good_at), 0), 1) + 0
        end as penalty
    from valued

),

known_weights as (

    select
        customer_id,
        as_of_on,
        {{ exact_sum('weight') }} as weight
    from penalized
    where state = 'known'
    group by customer_id, as_of_on

),

-- Points are cut to nine decimals, not rounded, so that they never add up to more than 100; the thousandth of the last
-- decimal makes up for doubles that fall just short of what they mean.
scored as (

    select
        penalized.customer_id,
        penalized.month,
        penalized.as_of_on,
        penalized.is_current,
        penalized.driver,
        penalized.pillar,
        penalized.measured_column,
        penalized.needs,
        penalized.value,
        penalized.penalty,
        penalized.weight,
        coalesce(
            floor(100 * penalized.weight * penalized.penalty / nullif(known_weights.weight, 0) * 1e9 + 0.001) / 1e9,
            0
        ) as points_lost,
        penalized.state
    from penalized
    left join known_weights
        on penalized.customer_id = known_weights.customer_id
        and penalized.as_of_on = known_weights.as_of_on

)

select * from scored
