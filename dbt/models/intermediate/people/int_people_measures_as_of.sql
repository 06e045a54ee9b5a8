with

customer_days as (

    select * from {{ ref('int_customer_days') }}

),

assignments as (

    select * from {{ ref('int_assignments_as_of') }}
    where role in ('account_manager', 'csm', 'support_lead', 'field_engineer')

),

owners as (

    select * from {{ ref('int_customer_owners_as_of') }}

),

role_spells as (

    select * from {{ ref('int_role_spells') }}
    where role in ('account_manager', 'csm', 'support_lead', 'field_engineer')

),

employments as (

    select * from {{ ref('int_employments_as_of') }}

),

trainings as (

    select * from {{ ref('int_trainings_known') }}

),

presale_faces as (

    select * from {{ ref('int_presale_faces_as_of') }}

),

hr as (

    select {{ is_connected('hr') }} as is_connected

),

roles_first_filled as (

    select
        customer_id,
        role,
        removed_on,
        min(started_on) as first_filled_on
    from role_spells
    group by customer_id, role, removed_on

),

roles_ever_filled as (

    select
        customer_days.customer_id,
        customer_days.as_of_on,
        count(distinct roles_first_filled.role) as roles_ever_filled
    from customer_days
    inner join roles_first_filled
        on customer_days.customer_id = roles_first_filled.customer_id
        and customer_days.as_of_on >= roles_first_filled.first_filled_on
        and (roles_first_filled.removed_on is null or customer_days.as_of_on < roles_first_filled.removed_on)
    group by customer_days.customer_id, customer_days.as_of_on

),

changes as (

    select
        customer_id,
        as_of_on,
        count(*) as assignment_changes_365d,
        count(case when end_cause = 'employee_left' then 1 end) as changes_employee_left_365d,
        count(case when end_cause = 'internal_move' then 1 end) as changes_internal_move_365d,
        count(case when end_cause = 'reassignment' then 1 end) as changes_reassignment_365d,
        count(case when handoff = 'cold' then 1 end) as cold_handoffs_365d
    from assignments
    where
        is_change
        and ended_on > {{ add_days('as_of_on', -365) }}
    group by customer_id, as_of_on

),

roles_held_a_year_ago as (

    select distinct
        customer_id,
        as_of_on,
        role,
        employee_id
    from assignments
    where
        started_on <= {{ add_days('as_of_on', -365) }}
        and (ended_on is null or ended_on > {{ add_days('as_of_on', -365) }})

),

roles_held_now as (

    select distinct
        customer_id,
        as_of_on,
        role,
        employee_id
    from assignments
    where ended_at is null

),

roles_held_then_and_now as (

    select
        roles_held_a_year_ago.customer_id,
        roles_held_a_year_ago.as_of_on,
        roles_held_a_year_ago.role,
        max(case when roles_held_a_year_ago.employee_id = roles_held_now.employee_id then 1 else 0 end)
            as is_held_by_the_same
    from roles_held_a_year_ago
    inner join roles_held_now
        on roles_held_a_year_ago.customer_id = roles_held_now.customer_id
        and roles_held_a_year_ago.as_of_on = roles_held_now.as_of_on
        and roles_held_a_year_ago.role = roles_held_now.role
    group by roles_held_a_year_ago.customer_id, roles_held_a_year_ago.as_of_on, roles_held_a_year_ago.role

),

continuity as (

    select
        customer_id,
        as_of_on,
        avg(is_held_by_the_same) as team_continuity_365d
    from roles_held_then_and_now
    group by customer_id, as_of_on

),

active_holders as (

    select distinct
        roles_held_now.customer_id,
        roles_held_now.as_of_on,
        roles_held_now.employee_id,
        {{ days_between('employments.hired_on', 'roles_held_now.as_of_on') }} as tenure_days
    from roles_held_now
    inner join employments
        on roles_held_now.employee_id = employments.employee_id
        and roles_held_now.as_of_on = employments.as_of_on
    where employments.is_active

),

trained_holders as (

    select distinct
        active_holders.customer_id,
        active_holders.as_of_on,
        active_holders.employee_id
    from active_holders
    inner join trainings
        on active_holders.employee_id = trainings.employee_id
        and active_holders.as_of_on >= trainings.known_from_on
        and (trainings.known_until_on is null or active_holders.as_of_on < trainings.known_until_on)
        and trainings.completed_on > {{ add_days('active_holders.as_of_on', -365) }}

),

experience as (

    select
        active_holders.customer_id,
        active_holders.as_of_on,
        median(active_holders.tenure_days) as team_median_tenure_days,
        count(case when active_holders.tenure_days < 180 then 1 end) as inexperienced_assignees,
        avg(case when trained_holders.employee_id is null then 0 else 1 end) as assignees_trained_share
    from active_holders
    left join trained_holders
        on active_holders.customer_id = trained_holders.customer_id
        and active_holders.as_of_on = trained_holders.as_of_on
        and active_holders.employee_id = trained_holders.employee_id
    group by active_holders.customer_id, active_holders.as_of_on

),

measured as (

    select
        customer_days.customer_id,
        customer_days.as_of_on,
        owners.account_manager_id,
        owners.csm_id,
        coalesce(owners.roles_filled, 0) as roles_filled,
        coalesce(roles_ever_filled.roles_ever_filled, 0) - coalesce(owners.roles_filled, 0) as roles_orphaned,
        coalesce(changes.assignment_changes_365d, 0) as assignment_changes_365d,
        case when hr.is_connected then coalesce(changes.changes_employee_left_365d, 0) end
            as changes_employee_left_365d,
        case when hr.is_connected then coalesce(changes.changes_internal_move_365d, 0) end
            as changes_internal_move_365d,
        case when hr.is_connected then coalesce(changes.changes_reassignment_365d, 0) end
            as changes_reassignment_365d,
        cast(continuity.team_continuity_365d as double) as team_continuity_365d,
        case when hr.is_connected then coalesce(owners.ghost_owners, 0) end as ghost_owners,
        cast(experience.team_median_tenure_days as double) as team_median_tenure_days,
        case when hr.is_connected then coalesce(experience.inexperienced_assignees, 0) end as inexperienced_assignees,
        cast(experience.assignees_trained_share as double) as assignees_trained_share,
        coalesce(changes.cold_handoffs_365d, 0) as cold_handoffs_365d,
        presale_faces.presale_faces_kept
    from customer_days
    cross join hr
    left join owners
        on customer_days.customer_id = owners.customer_id
        and customer_days.as_of_on = owners.as_of_on
    left join roles_ever_filled
        on customer_days.customer_id = roles_ever_filled.customer_id
        and customer_days.as_of_on = roles_ever_filled.as_of_on
    left join changes
        on customer_days.customer_id = changes.customer_id
        and customer_days.as_of_on = changes.as_of_on
    left join continuity
        on customer_days.customer_id = continuity.customer_id
        and customer_days.as_of_on = continuity.as_of_on
    left join experience
        on customer_days.customer_id = experience.customer_id
        and customer_days.as_of_on = experience.as_of_on
    left join presale_faces
        on customer_days.customer_id = presale_faces.customer_id
        and customer_days.as_of_on = presale_faces.as_of_on

)

select * from measured
