with

employees as (
    select * from {{ ref('int_employees') }}
    where work_email is not null
),

employment_history as (
    select * from {{ ref('int_employment_history') }}
    where
        recorded_on <= {{ as_of_on() }}
        and (removed_on is null or removed_on > {{ as_of_on() }})
        and effective_on <= {{ as_of_on() }}
),

last_statuses as (
    select
        employee_id,
        max(case when not ends_employment then effective_on end) as last_employed_from_on,
        max_by(ends_employment, effective_on) as has_left,
        max(effective_on) as last_changed_on
    from employment_history
    group by employee_id
),

identified as (
    select
        employees.work_email as email,
        employees.employee_id,
        count(*) over (partition by employees.work_email) > 1 as is_shared
    from employees
    left join last_statuses on employees.employee_id = last_statuses.employee_id
    qualify row_number() over (
        partition by employees.work_email
        order by
            coalesce(last_statuses.has_left, employees.removed_on is not null),
            case when last_statuses.has_left then last_statuses.last_changed_on end desc nulls last,
            coalesce(last_statuses.last_employed_from_on, employees.hire_date) desc nulls last,
            try_cast(employees.source_record_id as bigint) desc nulls last,
            employees.employee_id desc
    ) = 1
)

select * from identified
