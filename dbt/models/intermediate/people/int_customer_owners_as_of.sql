with

assignments as (

    select * from {{ ref('int_assignments_as_of') }}
    where
        role in ('account_manager', 'csm', 'support_lead', 'field_engineer')
        and ended_at is null
        and customer_id is not null

),

hr as (

    select {{ is_connected('hr') }} as is_connected

),

-- Of several companies merged into one customer, the one whose id the customer bears says who owns it.
ordered as (

    select
        *,
        row_number() over (
            partition by customer_id, as_of_on, role
            order by case when record_id = customer_id then 0 else 1 end, record_id
        ) as position_in_role
    from assignments

),

owners as (

    select
        ordered.customer_id,
        ordered.as_of_on,
        ordered.is_run_day,
        max(case when ordered.role = 'account_manager' and ordered.position_in_role = 1 then ordered.employee_id end)
            as account_manager_id,
        max(case when ordered.role = 'csm' and ordered.position_in_role = 1 then ordered.employee_id end) as csm_id,
        count(distinct ordered.role) as roles_filled,
        case
            when hr.is_connected then count(distinct case when ordered.is_ghost then ordered.employee_id end)
        end as ghost_owners
    from ordered
    cross join hr
    group by ordered.customer_id, ordered.as_of_on, ordered.is_run_day, hr.is_connected

)

select * from owners
