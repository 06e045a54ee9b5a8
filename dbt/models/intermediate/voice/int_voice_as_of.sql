with

voice as (

    select * from {{ ref('int_voice_heard') }}

),

actions as (

    select * from {{ ref('int_voice_actions') }}

),

assignees as (

    select * from {{ ref('int_ticket_field_history') }}
    where field = 'assignee_id'

),

agents as (

    select * from {{ ref('int_agents_resolved_to_employees') }}

),

jobs as (

    select * from {{ ref('int_jobs_known') }}

),

as_of_days as (

    select * from {{ ref('int_as_of_days') }}

),

voice_known as (

    select
        voice.*,
        as_of_days.as_of_on,
        as_of_days.is_run_day
    from voice
    inner join as_of_days
        on as_of_days.as_of_on >= voice.heard_on
        and as_of_days.as_of_on >= voice.recorded_on
        and (voice.removed_on is null or as_of_days.as_of_on < voice.removed_on)

),

first_actions as (

    select
        voice_known.voice_id,
        voice_known.as_of_on,
        min(actions.acted_at) as acted_on_at
    from voice_known
    inner join actions
        on voice_known.voice_id = actions.voice_id
        and voice_known.as_of_on >= actions.known_from_on
        and (actions.known_until_on is null or voice_known.as_of_on < actions.known_until_on)
    group by voice_known.voice_id, voice_known.as_of_on

),

-- What a ticket says, whoever is assigned to it has heard.
agents_assigned as (

    select
        voice_known.voice_id,
        voice_known.as_of_on,
        agents.employee_id
    from voice_known
    inner join assignees
        on voice_known.incident_id = assignees.incident_id
        and voice_known.as_of_on >= assignees.changed_on
        and (assignees.next_changed_on is null or voice_known.as_of_on < assignees.next_changed_on)
    inner join agents
        on assignees.value = agents.user_id
        and voice_known.source_system = agents.source_system

),

heard_by as (

    select
        voice_known.voice_id,
        voice_known.as_of_on,
        coalesce(voice_known.employee_id, agents_assigned.employee_id) as employee_id
    from voice_known
    left join agents_assigned
        on voice_known.voice_id = agents_assigned.voice_id
        and voice_known.as_of_on = agents_assigned.as_of_on

),

voice_as_of as (

    select
        voice_known.voice_id,
        voice_known.as_of_on,
        voice_known.is_run_day,
        voice_known.customer_id,
        voice_known.heard_at,
        voice_known.heard_on,
        voice_known.kind,
        voice_known.theme,
        coalesce(voice_known.department_given, jobs.department) as department,
        heard_by.employee_id,
        voice_known.channel,
        first_actions.acted_on_at,
        voice_known.quote,
        voice_known.source_system,
        voice_known.source_record_id,
        voice_known.source_url,
        voice_known.recorded_at
    from voice_known
    inner join heard_by
        on voice_known.voice_id = heard_by.voice_id
        and voice_known.as_of_on = heard_by.as_of_on
    left join first_actions
        on voice_known.voice_id = first_actions.voice_id
        and voice_known.as_of_on = first_actions.as_of_on
    left join jobs
        on heard_by.employee_id = jobs.employee_id
        and voice_known.heard_on >= jobs.from_on
        and (jobs.until_on is null or voice_known.heard_on < jobs.until_on)
        and voice_known.as_of_on >= jobs.known_from_on
        and (jobs.known_until_on is null or voice_known.as_of_on < jobs.known_until_on)

)

select * from voice_as_of
