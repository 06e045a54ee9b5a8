with

survey_events as (
    select * from {{ ref('stg_zendesk__survey_events') }}
)

select * from survey_events
