with

employees as (

    select * from {{ ref('int_employees') }}

),

job_history as (

    select * from {{ ref('int_job_history') }}

),

-- A row counts once it is both recorded and in effect, so that one day answers for both clocks.
job_rows as (

    select
        job_history.employee_id,
        job_history.effective_on,
        job_history.department,
        job_history.job_title,
        greatest(job_history.recorded_on, job_history.effective_on) as counts_from_on,
        least(job_history.removed_on, employees.removed_on) as removed_on
    from job_history
    inner join employees
        on job_history.employee_id = employees.employee_id
    where job_history.effective_on is not null

),

days_of_change as (

    select
        employee_id,
        counts_from_on as known_from_on
    from job_rows

    union distinct

    select
        employee_id,
        removed_on as known_from_on
    from job_rows
    where removed_on is not null

),

periods_of_knowledge as (

    select
        employee_id,
        known_from_on,
        lead(known_from_on) over (partition by employee_id order by known_from_on) as known_until_on
    from days_of_change

),

rows_known as (

    select
        periods_of_knowledge.employee_id,
        periods_of_knowledge.known_from_on,
        periods_of_knowledge.known_until_on,
        job_rows.effective_on,
        job_rows.department,
        job_rows.job_title
    from periods_of_knowledge
    inner join job_rows
        on periods_of_knowledge.employee_id = job_rows.employee_id
        and periods_of_knowledge.known_from_on >= job_rows.counts_from_on
        and (job_rows.removed_on is null or job_rows.removed_on > periods_of_knowledge.known_from_on)
    qualify row_number() over (
        partition by periods_of_knowledge.employee_id, periods_of_knowledge.known_from_on, job_rows.effective_on
        order by job_rows.job_title desc, job_rows.department desc
    ) = 1

),

compared_with_the_job_before as (

    select
        *,
        lead(effective_on) over jobs_of_employee as until_on,
        row_number() over jobs_of_employee as job_number,
        lag(department) over jobs_of_employee as department_before,
        lag(job_title) over jobs_of_employee as job_title_before
    from rows_known
    window jobs_of_employee as (partition by employee_id, known_from_on order by effective_on)

),

jobs as (

    select
        employee_id,
        known_from_on,
        known_until_on,
        effective_on as from_on,
        until_on,
        department,
        job_title,
        (
            job_number > 1
            and (department is distinct from department_before or job_title is distinct from job_title_before)
        ) as is_change
    from compared_with_the_job_before

)

select * from jobs
