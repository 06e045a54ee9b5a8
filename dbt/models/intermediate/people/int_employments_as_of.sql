with

as_of_days as (

    select * from {{ ref('int_as_of_days') }}

),

employees as (

    select * from {{ ref('int_employees') }}

),

employments as (

    select * from {{ ref('int_employments_known') }}

),

jobs as (

    select * from {{ ref('int_jobs_known') }}

),

employees_and_days as (

    select
        employees.employee_id,
        employees.hire_date,
        employees.recorded_on,
        as_of_days.as_of_on,
        as_of_days.is_run_day
    from employees
    inner join as_of_days
        on employees.removed_on is null
        or employees.removed_on > as_of_days.as_of_on

),

latest_employments as (

    select
        employees_and_days.employee_id,
        employees_and_days.as_of_on,
        employments.hired_on,
        employments.terminated_on
    from employees_and_days
    inner join employments
        on employees_and_days.employee_id = employments.employee_id
        and employees_and_days.as_of_on >= employments.known_from_on
        and (employments.known_until_on is null or employees_and_days.as_of_on < employments.known_until_on)
    qualify row_number() over (
        partition by employees_and_days.employee_id, employees_and_days.as_of_on
        order by employments.employment_number desc
    ) = 1

),

latest_jobs as (

    select
        employees_and_days.employee_id,
        employees_and_days.as_of_on,
        jobs.department,
        jobs.job_title
    from employees_and_days
    inner join jobs
        on employees_and_days.employee_id = jobs.employee_id
        and employees_and_days.as_of_on >= jobs.known_from_on
        and (jobs.known_until_on is null or employees_and_days.as_of_on < jobs.known_until_on)
        and jobs.until_on is null

),

employed as (

    select
        employees_and_days.employee_id,
        employees_and_days.as_of_on,
        employees_and_days.is_run_day,
        latest_employments.hired_on,
        latest_employments.terminated_on,
        case
            when latest_employments.terminated_on is not null then false
            when latest_employments.hired_on is not null then true
            when employees_and_days.hire_date > employees_and_days.as_of_on then false
        end as is_active,
        latest_jobs.department,
        latest_jobs.job_title
    from employees_and_days
    left join latest_employments
        on employees_and_days.employee_id = latest_employments.employee_id
        and employees_and_days.as_of_on = latest_employments.as_of_on
    left join latest_jobs
        on employees_and_days.employee_id = latest_jobs.employee_id
        and employees_and_days.as_of_on = latest_jobs.as_of_on
    -- The record of a first load counts from its hire date, which HR overwrites at a rehire: older rows know better.
    where
        employees_and_days.recorded_on <= employees_and_days.as_of_on
        or latest_employments.employee_id is not null
        or latest_jobs.employee_id is not null

)

select * from employed
