with

workforce as (

    select * from {{ ref('int_workforce_as_of') }}

),

judged as (

    select
        *,
        headcount < {{ var('smallest_group') }} as is_suppressed
    from workforce

),

workforce_months as (

    select
        department,
        month,
        as_of_on,
        is_suppressed,
        case when not is_suppressed then headcount end as headcount,
        case when not is_suppressed then joiners end as joiners,
        case when not is_suppressed then leavers end as leavers,
        case
            when not is_suppressed then cast(leavers_12m as double) / ((headcount + headcount_a_year_ago) / 2.0)
        end as churn_rate
    from judged

)

select * from workforce_months
