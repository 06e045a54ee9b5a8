with

pulse_checks as (

    select * from {{ ref('int_touches_in_last_year') }}
    where is_pulse_check

),

pulse_months as (

    select distinct
        customer_id,
        as_of_on,
        customer_since_on,
        {{ date_month('occurred_on') }} as pulse_month
    from pulse_checks
    where occurred_on >= {{ add_months(date_month('as_of_on'), -11) }}

),

counts as (

    select
        customer_id,
        as_of_on,
        count(*) as pulse_months_12m,
        count(*) filter (where pulse_month >= {{ date_month('customer_since_on') }}) as pulse_months_as_customer_12m
    from pulse_months
    group by customer_id, as_of_on

)

select * from counts
