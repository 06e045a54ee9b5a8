with

voice as (

    select * from {{ ref('int_voice_heard') }}

),

actions as (

    select * from {{ ref('int_voice_actions') }}

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

voice_as_of as (

    select
        voice_known.*,
        jobs.department,
        first_actions.acted_on_at
    from voice_known
    left join first_actions
        on voice_known.voice_id = first_actions.voice_id
        and voice_known.as_of_on = first_actions.as_of_on
    left join jobs
        on voice_known.employee_id = jobs.employee_id
        and voice_known.heard_on >= jobs.from_on
        and (jobs.until_on is null or voice_known.heard_on < jobs.until_on)
        and voice_known.as_of_on >= jobs.known_from_on
        and (jobs.known_until_on is null or voice_known.as_of_on < jobs.known_until_on)

)

select * from voice_as_of
