with

employees as (
    select * from {{ ref('raw_bamboohr__employees') }}
),

changes as (
    select * from {{ ref('raw_bamboohr__employees_changed') }}
),

source as (
    select
        employees."employeeId" as id,
        nullif(trim(coalesce(employees."firstName", '') || ' ' || coalesce(employees."lastName", '')), '') as full_name,
        lower(nullif(trim(employees."workEmail"), '')) as work_email,
        {{ parse_date('employees."hireDate"') }} as hire_date,
        nullif(employees."reportsToId", '') as manager_record_id,
        employees.is_in_first_complete_load,
        employees.first_landed_at,
        employees.last_landed_at,
        changes.removed_at,
        employees.was_removed_at_first_load
    from employees
    left join changes on employees."employeeId" = changes.id
),

known as (
    select
        *,
        case
            when is_in_first_complete_load and hire_date is not null then {{ start_of_day('hire_date') }}
            else first_landed_at
        end as recorded_at
    from source
),

renamed as (
    select
        'bamboohr:' || id as employee_id,
        full_name,
        work_email,
        hire_date,
        'bamboohr:' || manager_record_id as manager_id,
        {{ provenance('bamboohr', 'employees', 'id', 'cast(null as ' ~ dbt.type_string() ~ ')') }}
    from known
)

select * from renamed
