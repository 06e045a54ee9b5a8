with

employees as (
    select * from {{ ref('stg_bamboohr__employees') }}
)

select * from employees
