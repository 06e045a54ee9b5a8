{{ config(meta={'dagster': {'ref': {'name': 'recommended_actions'}}}) }}

select
    actions.customer_id,
    actions.driver,
    actions.owner_id
from {{ ref('recommended_actions') }} as actions
left join {{ ref('employees') }} as employees
    on actions.owner_id = employees.employee_id
where
    actions.owner_id is not null
    and (
        employees.is_active = false
        or (employees.is_active is null and {{ is_connected('hr') }})
    )
