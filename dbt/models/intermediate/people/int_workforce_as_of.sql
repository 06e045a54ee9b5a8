with

as_of_days as (

    select * from {{ ref('int_as_of_days') }}

),

employments as (

    select * from {{ ref('int_employments_known') }}

),

jobs as (

    select * from {{ ref('int_jobs_known') }}

),

employments_on_days as (

    select
        as_of_days.as_of_on,
        as_of_days.month,
        {{ add_days(add_months('as_of_days.month', '-11'), '-1') }} as year_ago_on,
        employments.employee_id,
        employments.hired_on,
        employments.terminated_on
    from as_of_days
    inner join employments
        on as_of_days.as_of_on >= employments.known_from_on
        and (employments.known_until_on is null or as_of_days.as_of_on < employments.known_until_on)

),

-- What is counted, each with the day whose department it is counted in: leavers in that of their last day.
moments as (

    select
        as_of_on,
        month,
        employee_id,
        'present' as kind,
        as_of_on as happened_on
    from employments_on_days
    where hired_on <= as_of_on and (terminated_on is null or terminated_on > as_of_on)

    union all

    select
        as_of_on,
        month,
        employee_id,
        'present_a_year_ago' as kind,
        year_ago_on as happened_on
    from employments_on_days
    where hired_on <= year_ago_on and (terminated_on is null or terminated_on > year_ago_on)

    union all

    select
        as_of_on,
        month,
        employee_id,
        'joined' as kind,
        hired_on as happened_on
    from employments_on_days
    where hired_on between month and as_of_on

    union all

    select
        as_of_on,
        month,
        employee_id,
        'left' as kind,
        {{ add_days('terminated_on', '-1') }} as happened_on
    from employments_on_days
    where terminated_on > year_ago_on and terminated_on <= as_of_on

),

moments_in_departments as (

    select
        moments.as_of_on,
        moments.month,
        moments.kind,
        moments.happened_on,
        coalesce(jobs.department, 'unknown') as department
    from moments
    left join jobs
        on moments.employee_id = jobs.employee_id
        and moments.as_of_on >= jobs.known_from_on
        and (jobs.known_until_on is null or moments.as_of_on < jobs.known_until_on)
        and (jobs.until_on is null or jobs.until_on > moments.happened_on)
    qualify row_number() over (
        partition by moments.as_of_on, moments.kind, moments.employee_id, moments.happened_on
        order by jobs.from_on
    ) = 1

),

workforce as (

    select
        as_of_on,
        month,
        department,
        count(case when kind = 'present' then 1 end) as headcount,
        count(case when kind = 'joined' then 1 end) as joiners,
        count(case when kind = 'left' and {{ add_days('happened_on', '1') }} >= month then 1 end) as leavers,
        count(case when kind = 'present_a_year_ago' then 1 end) as headcount_a_year_ago,
        count(case when kind = 'left' then 1 end) as leavers_12m
    from moments_in_departments
    group by as_of_on, month, department

)

select * from workforce
