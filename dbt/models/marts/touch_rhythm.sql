with

run_day as (

    select as_of_on from {{ ref('int_as_of_days') }}
    where is_run_day

),

customer_months as (

    select * from {{ ref('customer_months') }}

),

customers as (

    select * from {{ ref('customers') }}

),

touches as (

    select * from {{ ref('touches') }}
    where customer_id is not null

),

quarters as (

    select distinct
        {{ add_months('month', '-((extract(month from month) - 1) % 3)') }} as quarter
    from customer_months

),

week_numbers as (

    select cast(generated_number as integer) as week_of_quarter
    from ({{ dbt.generate_series(13) }}) as generated_numbers

),

-- A quarter of 90 to 92 days has no whole number of weeks: the last one ends with it.
weeks as (

    select
        quarters.quarter,
        week_numbers.week_of_quarter,
        {{ add_days('quarters.quarter', '7 * (week_numbers.week_of_quarter - 1)') }} as week_started_on,
        case
            when week_numbers.week_of_quarter < 13
                then {{ add_days('quarters.quarter', '7 * week_numbers.week_of_quarter - 1') }}
            else {{ add_days(add_months('quarters.quarter', '3'), '-1') }}
        end as week_ended_on
    from quarters
    cross join week_numbers

),

customers_in_weeks as (

    select
        weeks.quarter,
        weeks.week_of_quarter,
        weeks.week_started_on,
        weeks.week_ended_on,
        customer_months.customer_id,
        coalesce(customer_months.segment, 'unknown') as segment
    from weeks
    inner join run_day
        on weeks.week_ended_on <= run_day.as_of_on
    inner join customer_months
        on {{ date_month('weeks.week_started_on') }} = customer_months.month
    inner join customers
        on customer_months.customer_id = customers.customer_id
        and weeks.week_started_on >= customers.customer_since_on
        and (customers.churned_on is null or weeks.week_started_on <= customers.churned_on)

),

touches_in_quarters as (

    select
        customer_id,
        substance,
        occurred_on,
        {{ add_months(date_month('occurred_on'), '-((extract(month from occurred_on) - 1) % 3)') }} as quarter
    from touches

),

touches_in_weeks as (

    select
        customer_id,
        quarter,
        least(floor({{ days_between('quarter', 'occurred_on') }} / 7) + 1, 13) as week_of_quarter,
        count(*) as touches,
        count(*) filter (where substance = 'substantive') as substantive_touches
    from touches_in_quarters
    group by 1, 2, 3

),

counted as (

    select
        customers_in_weeks.*,
        coalesce(touches_in_weeks.touches, 0) as touches,
        coalesce(touches_in_weeks.substantive_touches, 0) as substantive_touches
    from customers_in_weeks
    left join touches_in_weeks
        on customers_in_weeks.customer_id = touches_in_weeks.customer_id
        and customers_in_weeks.quarter = touches_in_weeks.quarter
        and customers_in_weeks.week_of_quarter = touches_in_weeks.week_of_quarter

),

in_segments as (

    select
        quarter,
        week_of_quarter,
        segment,
        week_started_on,
        week_ended_on,
        touches,
        substantive_touches
    from counted

    union all

    select
        quarter,
        week_of_quarter,
        'all' as segment,
        week_started_on,
        week_ended_on,
        touches,
        substantive_touches
    from counted

),

summed as (

    select
        quarter,
        week_of_quarter,
        segment,
        week_started_on,
        week_ended_on,
        count(*) as customers,
        cast(sum(touches) as bigint) as touches,
        cast(sum(substantive_touches) as bigint) as substantive_touches
    from in_segments
    group by quarter, week_of_quarter, segment, week_started_on, week_ended_on

),

rhythm as (

    select
        *,
        cast(touches as double) / customers as touches_per_customer,
        cast(substantive_touches as double) / customers as substantive_touches_per_customer
    from summed

)

select * from rhythm
