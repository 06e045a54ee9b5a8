with

spells as (

    select * from {{ ref('int_role_spells_as_of') }}

),

employments as (

    select * from {{ ref('int_employments_known') }}

),

jobs as (

    select * from {{ ref('int_jobs_known') }}

),

handoff_touches as (

    select * from {{ ref('int_handoff_touches') }}

),

hr as (

    select {{ is_connected('hr') }} as is_connected

),

spells_held_against_employments as (

    select
        spells.assignment_id,
        spells.as_of_on,
        max(
            case
                when
                    employments.hired_on <= spells.started_on
                    and (employments.terminated_on is null or employments.terminated_on > spells.started_on)
                    then {{ days_between('employments.hired_on', 'spells.started_on') }}
            end
        ) as tenure_at_start_days,
        max(
            case
                when
                    employments.terminated_on
                    between spells.started_on and {{ add_days('spells.ended_on', 45) }}
                    then 1
                else 0
            end
        ) = 1 as left_around_end,
        max(
            case when employments.terminated_on is not null and employments.rehired_on is null then 1 else 0 end
        ) = 1 as has_left,
        sum(
            case
                when employments.terminated_on is null then 0
                else
                    greatest(
                        0,
                        {{ days_between(
                            'greatest(employments.terminated_on, spells.started_on)',
                            'least(employments.rehired_on, spells.ended_on, spells.as_of_on)',
                        ) }}
                    )
            end
        ) as ghost_days
    from spells
    inner join employments
        on spells.employee_id = employments.employee_id
        and spells.as_of_on >= employments.known_from_on
        and (employments.known_until_on is null or spells.as_of_on < employments.known_until_on)
    group by spells.assignment_id, spells.as_of_on

),

changes_around_a_move as (

    select distinct
        spells.assignment_id,
        spells.as_of_on
    from spells
    inner join jobs
        on spells.employee_id = jobs.employee_id
        and spells.as_of_on >= jobs.known_from_on
        and (jobs.known_until_on is null or spells.as_of_on < jobs.known_until_on)
        and jobs.from_on
        between {{ add_days('spells.ended_on', -45) }} and {{ add_days('spells.ended_on', 45) }}
    where
        spells.is_change
        and jobs.is_change

),

warm_handoffs as (

    select
        spells.assignment_id,
        spells.as_of_on
    from spells
    inner join handoff_touches
        on spells.assignment_id = handoff_touches.assignment_id
        and spells.as_of_on >= handoff_touches.known_from_on
        and (handoff_touches.known_until_on is null or spells.as_of_on < handoff_touches.known_until_on)
    where
        spells.is_change
        and spells.next_employee_id is not null
    group by spells.assignment_id, spells.as_of_on
    having count(distinct handoff_touches.side) = 2

),

assignments as (

    select
        spells.assignment_id,
        spells.as_of_on,
        spells.is_run_day,
        spells.customer_id,
        spells.role,
        spells.employee_id,
        spells.record_id,
        spells.deal_id,
        spells.started_at,
        spells.started_on,
        spells.ended_at,
        spells.ended_on,
        spells.is_ended_by_close,
        spells.is_change,
        spells.next_employee_id is not null as has_successor,
        case
            when not hr.is_connected or not spells.is_change then null
            when spells_held_against_employments.left_around_end then 'employee_left'
            when changes_around_a_move.assignment_id is not null then 'internal_move'
            else 'reassignment'
        end as end_cause,
        case
            when not spells.is_change or spells.next_employee_id is null then null
            when warm_handoffs.assignment_id is not null then 'warm'
            when spells.as_of_on >= {{ add_days('spells.next_started_on', 30) }} then 'cold'
        end as handoff,
        case
            when spells.is_change then {{ days_between('spells.ended_on', 'spells.next_started_on') }}
        end as gap_days,
        cast(spells_held_against_employments.tenure_at_start_days as integer) as tenure_at_start_days,
        case
            when not hr.is_connected then null
            when spells.ended_at is not null then false
            else coalesce(spells_held_against_employments.has_left, false)
        end as is_ghost,
        cast(spells_held_against_employments.ghost_days as integer) as ghost_days,
        spells.source_system,
        spells.source_object,
        spells.source_record_id,
        spells.source_url,
        spells.recorded_at,
        spells.removed_at,
        spells.removed_on
    from spells
    cross join hr
    left join spells_held_against_employments
        on spells.assignment_id = spells_held_against_employments.assignment_id
        and spells.as_of_on = spells_held_against_employments.as_of_on
    left join changes_around_a_move
        on spells.assignment_id = changes_around_a_move.assignment_id
        and spells.as_of_on = changes_around_a_move.as_of_on
    left join warm_handoffs
        on spells.assignment_id = warm_handoffs.assignment_id
        and spells.as_of_on = warm_handoffs.as_of_on

)

select * from assignments
