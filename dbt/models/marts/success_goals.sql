with

goals as (

    select * from {{ ref('int_success_goals_as_of') }}
    where is_run_day

),

published as (

    select
        success_goal_id,
        customer_id,
        goal,
        agreed_on,
        due_on,
        met_on,
        status,
        source_system,
        source_record_id,
        source_url,
        recorded_at
    from goals

)

select * from published
