with

employees as (

    select * from {{ ref('int_employees') }}

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

-- HR knows best how somebody is called.
names as (

    select
        employee_id,
        full_name,
        1 as precedence,
        employee_id as tie_breaker
    from employees

    union all

    select
        employees_of_owners.employee_id,
        owners.full_name,
        2 as precedence,
        owners.owner_id as tie_breaker
    from owners
    inner join employees_of_owners
        on owners.source_system = employees_of_owners.source_system
        and owners.owner_id = employees_of_owners.owner_id

    union all

    select
        employees_of_agents.employee_id,
        users.full_name,
        3 as precedence,
        users.user_id as tie_breaker
    from users
    inner join employees_of_agents
        on users.source_system = employees_of_agents.source_system
        and users.user_id = employees_of_agents.user_id

),

named as (

    select
        employee_id,
        full_name
    from names
    where full_name is not null
    qualify row_number() over (
        partition by employee_id
        order by precedence, length(tie_breaker), tie_breaker
    ) = 1

)

select * from named
