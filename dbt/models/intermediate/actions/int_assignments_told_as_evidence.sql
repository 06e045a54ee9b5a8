{%- set evidence = {
    'team': 'is_running',
    'ghosts': 'is_running and is_ghost',
    'newcomers': 'is_running and is_newcomer',
    'vacant_roles': 'is_last_of_vacant_role',
    'changes': 'is_change',
    'changes_by_leaving': "is_change and end_cause = 'employee_left'",
    'changes_by_move': "is_change and end_cause = 'internal_move'",
    'changes_by_reassignment': "is_change and end_cause = 'reassignment'",
    'cold_handoffs': "is_change and handoff = 'cold'",
    'sellers': "role = 'seller' and is_seller_of_first_win",
} -%}
{%- set as_kind = {'team': 'holder', 'newcomers': 'holder', 'ghosts': 'ghost', 'vacant_roles': 'role', 'sellers': 'seller'} -%}

with

customers as (

    select * from {{ ref('int_customer_days') }}
    where is_run_day and churned_on is null

),

assignments as (

    select * from {{ ref('int_assignments_as_of') }}
    where is_run_day

),

employments as (

    select * from {{ ref('int_employments_as_of') }}
    where is_run_day

),

sellers as (

    select * from {{ ref('int_first_sellers_as_of') }}

),

names as (

    select * from {{ ref('int_employees_named') }}

),

spells as (

    select
        assignments.*,
        assignments.ended_at is null as is_running,
        max(case when assignments.ended_at is null then 1 else 0 end) over (
            partition by assignments.customer_id, assignments.role
        ) = 1 as is_role_filled,
        row_number() over (
            partition by assignments.customer_id, assignments.role
            order by assignments.ended_at desc nulls first, assignments.started_at desc, assignments.assignment_id
        ) as position_in_role
    from assignments
    inner join customers
        on assignments.customer_id = customers.customer_id

),

-- Those who sold show where the customer met us; the account team is everybody else. A ghost is one since both were so:
-- the role held, and the person gone.
facts as (

    select
        spells.customer_id,
        spells.assignment_id as fact_id,
        case
            when spells.is_ghost then {{ add_days('spells.as_of_on', '-spells.ghost_days') }}
            else coalesce(spells.ended_on, spells.started_on)
        end as happened_on,
        spells.role,
        spells.employee_id,
        spells.is_running and spells.role <> 'seller' as is_running,
        spells.is_ghost,
        coalesce(
            employments.is_active and {{ days_between('employments.hired_on', 'spells.as_of_on') }} < 180,
            false
        ) as is_newcomer,
        (
            not spells.is_role_filled and spells.position_in_role = 1 and spells.role <> 'seller'
        ) as is_last_of_vacant_role,
        spells.is_change and spells.role <> 'seller' as is_change,
        spells.end_cause,
        spells.handoff,
        sellers.employee_id is not null as is_seller_of_first_win,
        spells.started_on,
        spells.source_system,
        spells.source_record_id,
        spells.source_url
    from spells
    left join employments
        on spells.employee_id = employments.employee_id
    left join sellers
        on spells.customer_id = sellers.customer_id
        and spells.as_of_on = sellers.as_of_on
        and spells.employee_id = sellers.employee_id

),

newest as (

    {{ newest_evidence('facts', 'change', evidence, as_kind) }}

),

told as (

    select
        newest.evidence,
        newest.kind,
        newest.customer_id,
        'assignments' as fact_table,
        newest.fact_id,
        newest.happened_on,
        case newest.kind
            when 'ghost'
                then coalesce(names.full_name, 'somebody') || ' (' || {{ code_in_words('newest.role') }}
                    || '), gone since ' || {{ day_in_words('newest.happened_on') }}
            when 'holder'
                then coalesce(names.full_name, 'somebody') || ' (' || {{ code_in_words('newest.role') }}
                    || ' since ' || {{ day_in_words('newest.started_on') }} || ')'
            when 'role'
                then 'the role of ' || {{ code_in_words('newest.role') }} || ', empty since '
                    || {{ day_in_words('newest.happened_on') }}
            when 'seller' then coalesce(names.full_name, 'somebody') || ', who sold to them'
            else
                coalesce(names.full_name, 'somebody') || ' (' || {{ code_in_words('newest.role') }} || ' until '
                || {{ day_in_words('newest.happened_on') }} || ')'
        end as words,
        false as is_overdue,
        newest.source_system,
        newest.source_record_id,
        newest.source_url,
        newest.position
    from newest
    left join names
        on newest.employee_id = names.employee_id

)

select * from told
