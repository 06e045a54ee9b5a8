with

surveys as (

    select * from {{ ref('int_survey_responses') }}

),

actions as (

    select * from {{ ref('int_survey_actions') }}

),

as_of_days as (

    select * from {{ ref('int_as_of_days') }}

),

surveys_known as (

    select
        surveys.*,
        as_of_days.as_of_on,
        as_of_days.is_run_day
    from surveys
    inner join as_of_days
        on as_of_days.as_of_on >= surveys.known_from_on
        and (surveys.known_until_on is null or as_of_days.as_of_on < surveys.known_until_on)
        and as_of_days.as_of_on >= coalesce(surveys.sent_on, surveys.responded_on)

),

first_actions as (

    select
        surveys_known.survey_response_id,
        surveys_known.as_of_on,
        min(actions.acted_at) as acted_on_at
    from surveys_known
    inner join actions
        on surveys_known.survey_response_id = actions.survey_response_id
        and surveys_known.responded_at = actions.responded_at
        and surveys_known.as_of_on >= actions.known_from_on
        and (actions.known_until_on is null or surveys_known.as_of_on < actions.known_until_on)
    group by surveys_known.survey_response_id, surveys_known.as_of_on

),

surveys_as_of as (

    select
        surveys_known.survey_response_id,
        surveys_known.as_of_on,
        surveys_known.is_run_day,
        surveys_known.customer_id,
        surveys_known.contact_id,
        surveys_known.survey_type,
        surveys_known.sent_at,
        surveys_known.sent_on,
        surveys_known.responded_at,
        surveys_known.responded_on,
        surveys_known.score,
        surveys_known.score_max,
        surveys_known.sentiment,
        surveys_known.comment,
        first_actions.acted_on_at,
        {{ days_between('surveys_known.responded_on', day_of('first_actions.acted_on_at')) }} as action_lag_days,
        surveys_known.source_system,
        surveys_known.source_record_id,
        surveys_known.source_url,
        surveys_known.recorded_at
    from surveys_known
    left join first_actions
        on surveys_known.survey_response_id = first_actions.survey_response_id
        and surveys_known.as_of_on = first_actions.as_of_on

)

select * from surveys_as_of
