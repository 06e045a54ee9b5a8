with

run_day as (

    select as_of_on from {{ ref('int_as_of_days') }}
    where is_run_day

),

hr_employees as (

    select * from {{ ref('int_employees') }}

),

employments as (

    select * from {{ ref('int_employments_as_of') }}
    where is_run_day

),

owners as (

    select * from {{ ref('int_owners') }}

),

employees_of_owners as (

    select * from {{ ref('int_owners_resolved_to_employees') }}

),

users as (

    select * from {{ ref('int_users') }}

),

employees_of_agents as (

    select * from {{ ref('int_agents_resolved_to_employees') }}

),

touches as (

    select * from {{ ref('int_touches_classified') }}

),

voice as (

    select * from {{ ref('int_voice_as_of') }}
    where is_run_day

),

assignments as (

    select * from {{ ref('int_assignments_as_of') }}
    where is_run_day

),

trainings as (

    select * from {{ ref('trainings') }}

),

trainings_counted as (

    select
        employee_id,
        count(*) as trainings_completed
    from trainings
    group by employee_id

),

employees_in_facts as (

    select touches.employee_id
    from touches
    cross join run_day
    where
        touches.recorded_on <= run_day.as_of_on
        and touches.occurred_on <= run_day.as_of_on
        and (touches.removed_on is null or touches.removed_on > run_day.as_of_on)

    union distinct

    select employee_id from assignments

    union distinct

    select employee_id from trainings

    union distinct

    select employee_id from voice

),

employees_of_hr as (

    select
        hr_employees.employee_id,
        hr_employees.full_name,
        employments.department,
        employments.job_title,
        hr_employees.manager_id,
        employments.hired_on,
        employments.terminated_on,
        employments.is_active,
        coalesce(trainings_counted.trainings_completed, 0) as trainings_completed,
        hr_employees.source_system,
        hr_employees.source_record_id,
        hr_employees.source_url,
        hr_employees.recorded_at
    from hr_employees
    left join employments
        on hr_employees.employee_id = employments.employee_id
    left join employees_in_facts
        on hr_employees.employee_id = employees_in_facts.employee_id
    left join trainings_counted
        on hr_employees.employee_id = trainings_counted.employee_id
    where
        employments.employee_id is not null
        or employees_in_facts.employee_id is not null

),

users_of_systems as (

    select
        employees_of_owners.source_system,
        employees_of_owners.owner_id as user_id,
        employees_of_owners.employee_id,
        owners.full_name,
        owners.source_url,
        owners.recorded_at
    from employees_of_owners
    left join owners
        on employees_of_owners.source_system = owners.source_system
        and employees_of_owners.owner_id = owners.owner_id

    union all

    select
        employees_of_agents.source_system,
        employees_of_agents.user_id,
        employees_of_agents.employee_id,
        users.full_name,
        users.source_url,
        users.recorded_at
    from employees_of_agents
    inner join users
        on employees_of_agents.source_system = users.source_system
        and employees_of_agents.user_id = users.user_id

),

employees_unknown_to_hr as (

    select
        employees_in_facts.employee_id,
        users_of_systems.full_name,
        cast(null as {{ dbt.type_string() }}) as department,
        cast(null as {{ dbt.type_string() }}) as job_title,
        cast(null as {{ dbt.type_string() }}) as manager_id,
        cast(null as date) as hired_on,
        cast(null as date) as terminated_on,
        cast(null as boolean) as is_active,
        cast(null as {{ dbt.type_bigint() }}) as trainings_completed,
        users_of_systems.source_system,
        users_of_systems.user_id as source_record_id,
        users_of_systems.source_url,
        users_of_systems.recorded_at
    from employees_in_facts
    inner join users_of_systems
        on employees_in_facts.employee_id = users_of_systems.employee_id
    left join hr_employees
        on employees_in_facts.employee_id = hr_employees.employee_id
    where hr_employees.employee_id is null
    qualify row_number() over (
        partition by employees_in_facts.employee_id
        order by
            case
                when
                    employees_in_facts.employee_id
                    = users_of_systems.source_system || '-user:' || users_of_systems.user_id
                    then 0
                else 1
            end,
            users_of_systems.source_system,
            users_of_systems.user_id
    ) = 1

),

employees_of_ours as (

    select * from employees_of_hr

    union all

    select * from employees_unknown_to_hr

),

published as (

    select
        employees_of_ours.employee_id,
        employees_of_ours.full_name,
        employees_of_ours.department,
        employees_of_ours.job_title,
        managers.employee_id as manager_id,
        employees_of_ours.hired_on,
        employees_of_ours.terminated_on,
        employees_of_ours.is_active,
        employees_of_ours.trainings_completed,
        employees_of_ours.source_system,
        employees_of_ours.source_record_id,
        employees_of_ours.source_url,
        employees_of_ours.recorded_at
    from employees_of_ours
    left join employees_of_ours as managers
        on employees_of_ours.manager_id = managers.employee_id

)

select * from published
