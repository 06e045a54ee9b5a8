with

customer_days as (

    select
        customer_id,
        as_of_on,
        greatest(customer_since_on, {{ add_days('as_of_on', -364) }}) as silence_from_on
    from {{ ref('int_customer_days') }}

),

touches as (

    select * from {{ ref('int_touches_in_last_year') }}
    where days_ago < 365

),

touch_days as (

    select distinct
        customer_id,
        as_of_on,
        occurred_on
    from touches

),

gaps_between_touch_days as (

    select
        customer_id,
        as_of_on,
        {{ days_between(
            'lag(occurred_on) over (partition by customer_id, as_of_on order by occurred_on)',
            'occurred_on',
        ) }} as gap_days
    from touch_days

),

cadences as (

    select
        customer_id,
        as_of_on,
        case
            when count(*) >= 3 then {{ spread_over_mean('gap_days') }}
        end as cadence_cv_365d
    from gaps_between_touch_days
    group by customer_id, as_of_on

),

-- The days that bound a silence: the day before it can begin, each touch day, and the day after the as-of day.
bounds as (

    select
        customer_id,
        as_of_on,
        {{ add_days('silence_from_on', -1) }} as bound_on
    from customer_days

    union all

    select
        touch_days.customer_id,
        touch_days.as_of_on,
        touch_days.occurred_on as bound_on
    from touch_days
    inner join customer_days
        on touch_days.customer_id = customer_days.customer_id
        and touch_days.as_of_on = customer_days.as_of_on
        and touch_days.occurred_on >= customer_days.silence_from_on

    union all

    select
        customer_id,
        as_of_on,
        {{ add_days('as_of_on', 1) }} as bound_on
    from customer_days

),

silences as (

    select
        customer_id,
        as_of_on,
        {{ days_between(
            'lag(bound_on) over (partition by customer_id, as_of_on order by bound_on)',
            'bound_on',
        ) }} - 1 as silent_days
    from bounds

),

longest_silences as (

    select
        customer_id,
        as_of_on,
        max(silent_days) as longest_silence_days_365d
    from silences
    group by customer_id, as_of_on

),

measured as (

    select
        longest_silences.customer_id,
        longest_silences.as_of_on,
        longest_silences.longest_silence_days_365d,
        cadences.cadence_cv_365d
    from longest_silences
    left join cadences
        on longest_silences.customer_id = cadences.customer_id
        and longest_silences.as_of_on = cadences.as_of_on

)

select * from measured
