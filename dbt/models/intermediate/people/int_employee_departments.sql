with

run_day as (

    select as_of_on from {{ ref('int_as_of_days') }}
    where is_run_day

),

jobs as (

    select * from {{ ref('int_jobs_known') }}

),

departments as (

    select
        jobs.employee_id,
        jobs.from_on,
        jobs.until_on,
        jobs.department
    from jobs
    inner join run_day
        on run_day.as_of_on >= jobs.known_from_on
        and (jobs.known_until_on is null or run_day.as_of_on < jobs.known_until_on)

)

select * from departments
