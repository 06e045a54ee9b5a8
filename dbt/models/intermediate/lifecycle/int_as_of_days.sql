with

deals as (

    select * from {{ ref('int_deals') }}
    where not was_removed_at_first_load

),

run as (

    select {{ as_of_on() }} as run_on

),

first_months as (

    select
        run.run_on,
        {{ date_month('run.run_on') }} as run_month,
        coalesce(min({{ date_month('deals.recorded_on') }}), {{ date_month('run.run_on') }}) as first_month
    from run
    left join deals
        on deals.recorded_on <= run.run_on
    group by run.run_on

),

months_back as (

    -- 1,200 months: no company's CRM is a hundred years old
    select cast(generated_number as integer) - 1 as months_back
    from ({{ dbt.generate_series(1200) }}) as generated_numbers

),

months as (

    select
        first_months.run_on,
        first_months.run_month,
        first_months.first_month,
        cast({{ add_months('first_months.run_month', '-months_back.months_back') }} as date) as month
    from first_months
    cross join months_back

),

as_of_days as (

    select
        case
            when month = run_month then run_on
            else {{ add_days(add_months('month', '1'), '-1') }}
        end as as_of_on,
        month,
        month = run_month as is_run_day
    from months
    where month >= first_month

)

select * from as_of_days
