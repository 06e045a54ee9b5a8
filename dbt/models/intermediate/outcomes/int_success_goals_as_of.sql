with

goals as (

    select * from {{ ref('int_success_goals_known') }}

),

as_of_days as (

    select * from {{ ref('int_as_of_days') }}

),

goals_on_days as (

    select
        goals.*,
        as_of_days.as_of_on,
        as_of_days.is_run_day
    from goals
    inner join as_of_days
        on as_of_days.as_of_on >= goals.known_from_on
        and (goals.known_until_on is null or as_of_days.as_of_on < goals.known_until_on)
        and as_of_days.as_of_on >= goals.agreed_on

),

-- Who fills in the day has met the goal, changed the word or not; a word without a day counts from when it was said.
judged as (

    select
        *,
        case
            when met_on <= as_of_on and coalesce(status, 'met') in ('active', 'met') then 'met'
            when status = 'met' and met_on is null and stated_on <= as_of_on then 'met'
            when status = 'missed' and least(due_on, stated_on) <= as_of_on then 'missed'
            when status = 'dropped' and stated_on <= as_of_on then 'dropped'
            when status is not null then 'active'
        end as status_as_of
    from goals_on_days

),

goals_as_of as (

    select
        success_goal_id,
        as_of_on,
        is_run_day,
        customer_id,
        goal,
        agreed_on,
        due_on,
        case when status_as_of = 'met' then met_on end as met_on,
        status_as_of as status,
        source_system,
        source_record_id,
        source_url,
        recorded_at
    from judged

)

select * from goals_as_of
