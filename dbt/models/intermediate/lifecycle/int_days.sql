with

as_of_days as (

    select * from {{ ref('int_as_of_days') }}

),

days_of_a_month as (

    select cast(generated_number as integer) - 1 as days_after_first
    from ({{ dbt.generate_series(31) }}) as generated_numbers

),

days as (

    select cast({{ add_days('as_of_days.month', 'days_of_a_month.days_after_first') }} as date) as day_on
    from as_of_days
    cross join days_of_a_month
    where {{ add_days('as_of_days.month', 'days_of_a_month.days_after_first') }} <= as_of_days.as_of_on

)

select * from days
