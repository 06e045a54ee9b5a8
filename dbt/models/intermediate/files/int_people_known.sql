with

employees as (

    select * from {{ ref('int_employees') }}

),

owners as (

    select * from {{ ref('int_owners_resolved_to_employees') }}

),

agents as (

    select * from {{ ref('int_agents_resolved_to_employees') }}

),

people as (

    select employee_id from employees

    union distinct

    select employee_id from owners

    union distinct

    select employee_id from agents

)

select * from people
