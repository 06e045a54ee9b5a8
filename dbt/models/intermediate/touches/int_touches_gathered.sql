{{ config(materialized='view') }}

{% set no_text -%} cast(null as {{ dbt.type_string() }}) {%- endset %}

with

activities as (

    select * from {{ ref('int_activities_resolved_to_customers') }}

),

comments as (

    select * from {{ ref('int_ticket_comments') }}
    where is_public

),

surveys as (

    select * from {{ ref('int_survey_responses') }}
    where incident_id is not null

),

activities_that_may_be_touches as (

    select
        touch_id,
        customer_id,
        employee_id,
        occurred_at,
        occurred_on,
        activity,
        activity_type,
        title,
        case when activity <> 'note' then body end as body,
        case when activity = 'note' then body end as note,
        {{ no_text }} as tag,
        {{ no_text }} as incident_id,
        direction,
        is_held,
        is_touch,
        false as is_asked_for,
        duration_minutes,
        customer_talk_share,
        offering,
        source_system,
        source_object,
        source_record_id,
        source_url,
        recorded_at,
        recorded_on,
        removed_at,
        removed_on
    from activities
    where is_touch or (activity = 'note' and not is_account_review)

),

replies as (

    select
        source_system || ':comment:' || comment_id as touch_id,
        customer_id,
        employee_id,
        commented_at as occurred_at,
        commented_on as occurred_on,
        'ticket_reply' as activity,
        {{ no_text }} as activity_type,
        {{ no_text }} as title,
        body,
        {{ no_text }} as note,
        tags as tag,
        incident_id,
        case when is_agent then 'outbound' else 'inbound' end as direction,
        false as is_held,
        true as is_touch,
        not is_ticket_opened_by_agent as is_asked_for,
        cast(null as double) as duration_minutes,
        cast(null as double) as customer_talk_share,
        {{ no_text }} as offering,
        source_system,
        source_object,
        source_record_id,
        source_url,
        recorded_at,
        recorded_on,
        removed_at,
        removed_on
    from comments

),

surveys_sent as (

    select
        survey_response_id || ':sent' as touch_id,
        'outbound' as direction,
        sent_at as occurred_at,
        sent_on as occurred_on,
        {{ no_text }} as body,
        recorded_at,
        recorded_on,
        customer_id,
        incident_id,
        source_system,
        source_object,
        source_record_id,
        source_url,
        removed_at,
        removed_on
    from surveys
    where sent_at is not null
    qualify row_number() over (partition by survey_response_id order by known_from_on) = 1

),

-- An answer that its giver changes later was one visit all the same.
surveys_answered as (

    select
        survey_response_id || ':answered' as touch_id,
        'inbound' as direction,
        responded_at as occurred_at,
        responded_on as occurred_on,
        comment as body,
        known_from_at as recorded_at,
        known_from_on as recorded_on,
        customer_id,
        incident_id,
        source_system,
        source_object,
        source_record_id,
        source_url,
        removed_at,
        removed_on
    from surveys
    where responded_at is not null
    qualify row_number() over (partition by survey_response_id order by known_from_on) = 1

),

steps_of_surveys as (

    select * from surveys_sent
    union all
    select * from surveys_answered

),

touches_of_surveys as (

    select
        touch_id,
        customer_id,
        {{ no_text }} as employee_id,
        occurred_at,
        occurred_on,
        'survey' as activity,
        {{ no_text }} as activity_type,
        {{ no_text }} as title,
        body,
        {{ no_text }} as note,
        {{ no_text }} as tag,
        incident_id,
        direction,
        false as is_held,
        true as is_touch,
        false as is_asked_for,
        cast(null as double) as duration_minutes,
        cast(null as double) as customer_talk_share,
        {{ no_text }} as offering,
        source_system,
        source_object,
        source_record_id,
        source_url,
        recorded_at,
        recorded_on,
        removed_at,
        removed_on
    from steps_of_surveys

),

gathered as (

    select * from activities_that_may_be_touches
    union all
    select * from replies
    union all
    select * from touches_of_surveys

)

select * from gathered
