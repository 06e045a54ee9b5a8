with

customers as (

    select * from {{ ref('int_customer_days') }}
    where is_run_day and churned_on is null

),

goals as (

    select * from {{ ref('int_success_goals_as_of') }}
    where is_run_day

),

facts as (

    select
        goals.customer_id,
        goals.success_goal_id as fact_id,
        coalesce(goals.met_on, goals.due_on, goals.agreed_on) as happened_on,
        goals.goal,
        goals.due_on,
        goals.status = 'missed' or (goals.status = 'active' and goals.due_on < goals.as_of_on) as is_unmet,
        goals.source_system,
        goals.source_record_id,
        goals.source_url
    from goals
    inner join customers
        on goals.customer_id = customers.customer_id

),

newest as (

    {{ newest_evidence('facts', 'goals') }}

),

told as (

    select
        evidence,
        kind,
        customer_id,
        'success_goals' as fact_table,
        fact_id,
        happened_on,
        coalesce({{ in_quotes('goal') }}, 'a goal') || coalesce(', due on ' || {{ day_in_words('due_on') }}, '')
            as words,
        false as is_overdue,
        source_system,
        source_record_id,
        source_url,
        position
    from newest

)

select * from told
