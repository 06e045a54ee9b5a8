with

costs as (

    select * from {{ ref('int_file_costs') }}

),

as_of_days as (

    select * from {{ ref('int_as_of_days') }}

),

costs_of_last_year as (

    select
        as_of_days.as_of_on,
        as_of_days.month,
        costs.counted_segment,
        costs.acquisition_cost,
        costs.retention_cost
    from costs
    inner join as_of_days
        on costs.month <= as_of_days.month
        and costs.month >= {{ add_months('as_of_days.month', '-11') }}
        and as_of_days.as_of_on >= costs.recorded_on
        and (costs.removed_on is null or as_of_days.as_of_on < costs.removed_on)

),

in_segments as (

    select
        as_of_on,
        month,
        counted_segment as segment,
        acquisition_cost,
        retention_cost
    from costs_of_last_year
    where counted_segment <> 'all'

    union all

    select
        as_of_on,
        month,
        'all' as segment,
        acquisition_cost,
        retention_cost
    from costs_of_last_year

),

summed as (

    select
        as_of_on,
        month,
        segment,
        {{ exact_sum('acquisition_cost') }} as acquisition_cost,
        {{ exact_sum('retention_cost') }} as retention_cost
    from in_segments
    group by as_of_on, month, segment

)

select * from summed
