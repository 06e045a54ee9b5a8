with

assignments as (

    select * from {{ ref('int_assignments_as_of') }}
    where is_run_day

),

published as (

    select
        assignment_id,
        customer_id,
        employee_id,
        role,
        started_at,
        ended_at,
        end_cause,
        handoff,
        gap_days,
        tenure_at_start_days,
        is_ghost,
        ghost_days,
        source_system,
        source_record_id,
        source_url,
        recorded_at
    from assignments

)

select * from published
