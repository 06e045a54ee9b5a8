-- A month: an answer that nothing follows by then was not heard.
{% set days_to_act = 30 %}

with

answers as (

    select distinct
        survey_response_id,
        customer_id,
        responded_at,
        responded_on
    from {{ ref('int_survey_responses') }}
    where responded_at is not null and customer_id is not null

),

incidents as (

    select * from {{ ref('int_incidents') }}

),

voice as (

    select * from {{ ref('int_voice_heard') }}

),

touches as (

    select * from {{ ref('int_touches_known') }}
    where initiative = 'proactive' and channel <> 'survey'

),

whatever_may_be_an_action as (

    select
        customer_id,
        opened_at as acted_at,
        opened_on as acted_on,
        recorded_on as known_from_on,
        removed_on as known_until_on
    from incidents

    union all

    select
        customer_id,
        heard_at as acted_at,
        heard_on as acted_on,
        recorded_on as known_from_on,
        removed_on as known_until_on
    from voice

    union all

    select
        customer_id,
        occurred_at as acted_at,
        occurred_on as acted_on,
        known_from_on,
        known_until_on
    from touches

),

actions as (

    select
        answers.survey_response_id,
        answers.responded_at,
        whatever_may_be_an_action.acted_at,
        whatever_may_be_an_action.acted_on,
        greatest(whatever_may_be_an_action.acted_on, whatever_may_be_an_action.known_from_on) as known_from_on,
        whatever_may_be_an_action.known_until_on
    from answers
    inner join whatever_may_be_an_action
        on answers.customer_id = whatever_may_be_an_action.customer_id
        and answers.responded_at < whatever_may_be_an_action.acted_at
        and {{ add_days('answers.responded_on', days_to_act) }} >= whatever_may_be_an_action.acted_on
    group by all

)

select * from actions
