with

touches as (

    select * from {{ ref('int_touches_in_last_year') }}
    where days_ago < 180

),

jobs as (

    select * from {{ ref('int_jobs_known') }}

),

days_of_employees as (

    select distinct
        customer_id,
        as_of_on,
        employee_id,
        occurred_on
    from touches

),

departments as (

    select
        days_of_employees.customer_id,
        days_of_employees.as_of_on,
        count(distinct jobs.department) as departments_touching_180d
    from days_of_employees
    inner join jobs
        on days_of_employees.employee_id = jobs.employee_id
        and days_of_employees.occurred_on >= jobs.from_on
        and (jobs.until_on is null or days_of_employees.occurred_on < jobs.until_on)
        and days_of_employees.as_of_on >= jobs.known_from_on
        and (jobs.known_until_on is null or days_of_employees.as_of_on < jobs.known_until_on)
    group by days_of_employees.customer_id, days_of_employees.as_of_on

)

select * from departments
