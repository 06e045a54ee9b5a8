-- In the order in which they answer for the customer.
{% set roles = ['csm', 'account_manager', 'support_lead', 'field_engineer'] %}
-- Deeper lines of command than any company has.
{% set levels = 10 %}

with

customers as (

    select * from {{ ref('int_customer_days') }}
    where is_run_day and churned_on is null

),

hr as (

    select {{ is_connected('hr') }} as is_connected

),

assignments as (

    select
        *,
        case role
            {%- for role in roles %}
            when '{{ role }}' then {{ loop.index }}
            {%- endfor %}
        end as role_order
    from {{ ref('int_assignments_as_of') }}
    where is_run_day and role in ('{{ roles | join("', '") }}')

),

employees as (

    select * from {{ ref('int_employees') }}

),

employments as (

    select * from {{ ref('int_employments_as_of') }}
    where is_run_day

),

names as (

    select * from {{ ref('int_employees_named') }}

),

people as (

    select
        employees.employee_id,
        employees.manager_id,
        employments.department,
        employments.hired_on,
        coalesce(employments.is_active, false) as is_active
    from employees
    left join employments
        on employees.employee_id = employments.employee_id

),

managers as (

    select
        people.employee_id,
        coalesce(
            {%- for level in range(1, levels + 1) %}
            case when managers_{{ level }}.is_active then managers_{{ level }}.employee_id end{{ ',' if not loop.last }}
            {%- endfor %}
        ) as manager_id
    from people
    {%- for level in range(1, levels + 1) %}
    left join people as managers_{{ level }}
        on {{ 'people' if level == 1 else 'managers_' ~ (level - 1) }}.manager_id = managers_{{ level }}.employee_id
    {%- endfor %}

),

people_led as (

    select
        manager_id,
        count(*) as people_led
    from people
    where is_active
    group by manager_id

),

-- Who leads a department answers to nobody in it.
department_heads as (

    select
        people.department,
        people.employee_id
    from people
    left join people as superiors
        on people.manager_id = superiors.employee_id
        and people.department = superiors.department
        and superiors.is_active
    left join people_led
        on people.employee_id = people_led.manager_id
    where
        people.is_active
        and people.department is not null
        and superiors.employee_id is null
    qualify row_number() over (
        partition by people.department
        order by
            coalesce(people_led.people_led, 0) desc,
            people.hired_on,
            length(people.employee_id),
            people.employee_id
    ) = 1

),

-- Of several companies merged into one customer, the one whose id the customer bears says who owns it.
holders as (

    select
        assignments.customer_id,
        assignments.employee_id,
        assignments.role
    from assignments
    cross join hr
    left join people
        on assignments.employee_id = people.employee_id
    where
        assignments.ended_at is null
        and (people.is_active or not hr.is_connected)
    qualify row_number() over (
        partition by assignments.customer_id
        order by
            assignments.role_order,
            case when assignments.record_id = assignments.customer_id then 0 else 1 end,
            assignments.record_id
    ) = 1

),

last_holders as (

    select
        assignments.customer_id,
        assignments.employee_id,
        people.department,
        managers.manager_id,
        department_heads.employee_id as department_head_id
    from assignments
    left join people
        on assignments.employee_id = people.employee_id
    left join managers
        on assignments.employee_id = managers.employee_id
    left join department_heads
        on people.department = department_heads.department
    qualify row_number() over (
        partition by assignments.customer_id
        order by
            assignments.ended_at desc nulls first,
            assignments.role_order,
            case when assignments.record_id = assignments.customer_id then 0 else 1 end,
            assignments.record_id
    ) = 1

),

assigned as (

    select
        customers.customer_id,
        coalesce(holders.employee_id, last_holders.manager_id, last_holders.department_head_id) as owner_id,
        case
            when holders.employee_id is not null and not hr.is_connected
                then {{ code_in_words('holders.role') }}
                    || '; HR is not connected, so whether they are with us is not known'
            when holders.role = 'csm' then 'CSM'
            when holders.role = 'account_manager' then 'account manager; no CSM who is with us is named'
            when holders.employee_id is not null
                then {{ code_in_words('holders.role') }} || '; no CSM or account manager who is with us is named'
            when last_holders.manager_id is not null
                then 'manager of ' || coalesce(names.full_name, last_holders.employee_id)
                    || ', who was here last; nobody who is with us is named'
            when last_holders.department_head_id is not null
                then 'head of ' || last_holders.department || ', the department of '
                    || coalesce(names.full_name, last_holders.employee_id)
                    || ', who was here last; nobody who is with us is named'
            when last_holders.employee_id is not null
                then 'nobody: no one who is with us is named, and HR knows no one above '
                    || coalesce(names.full_name, last_holders.employee_id) || ', who was here last'
            else 'nobody: no one was ever named for this customer'
        end as owner_reason
    from customers
    cross join hr
    left join holders
        on customers.customer_id = holders.customer_id
    left join last_holders
        on customers.customer_id = last_holders.customer_id
    left join names
        on last_holders.employee_id = names.employee_id

)

select * from assigned
