with

submissions as (

    select * from {{ ref('int_feedback_submissions') }}

),

activities as (

    select * from {{ ref('int_activities_resolved_to_customers') }}
    where activity = 'survey'

),

contacts_of_activities as (

    select * from {{ ref('int_activities_linked_to_contacts') }}
    where position = 1

),

ratings as (

    select * from {{ ref('int_satisfaction_ratings') }}

),

survey_events as (

    select * from {{ ref('int_survey_events') }}

),

tickets as (

    select * from {{ ref('int_tickets') }}

),

organizations as (

    select * from {{ ref('int_organizations_resolved_to_customers') }}

),

requesters as (

    select * from {{ ref('int_requesters_resolved_to_contacts') }}

),

-- An answer belongs to the survey offered last before it; one that was never offered stands for itself.
events_of_surveys as (

    select
        *,
        max(case when not is_answer then occurred_at end) over (
            partition by incident_id order by occurred_at, is_answer
            rows between unbounded preceding and current row
        ) as sent_at,
        coalesce(
            last_value(case when not is_answer then survey_event_id end ignore nulls) over (
                partition by incident_id order by occurred_at, is_answer
                rows between unbounded preceding and current row
            ),
            survey_event_id
        ) as survey_id
    from survey_events

),

surveys_of_tickets as (

    select
        survey_response_id,
        incident_id,
        requester_id,
        survey_type,
        sent_at,
        responded_at,
        score,
        score_max,
        sentiment,
        comment,
        source_system,
        source_object,
        source_record_id,
        source_url,
        recorded_at,
        recorded_on,
        known_from_at,
        removed_at,
        removed_on,
        first_landed_at,
        last_landed_at
    from ratings

    union all

    select
        source_system || ':survey:' || survey_id as survey_response_id,
        incident_id,
        requester_id,
        survey_type,
        sent_at,
        case when is_answer then occurred_at end as responded_at,
        case when is_answer then score end as score,
        case survey_type when 'nps' then 10 when 'csat' then 5 when 'ces' then 7 end as score_max,
        -- Two best of five are content, as the vendor counts them when it tells good from bad.
        case
            when not is_answer or survey_type <> 'csat' then null
            when score > 3 then 'positive'
            when score = 3 then 'neutral'
            when score < 3 then 'negative'
        end as sentiment,
        case when is_answer then comment end as comment,
        source_system,
        source_object,
        survey_id as source_record_id,
        source_url,
        min(recorded_at) over (partition by survey_id) as recorded_at,
        min(recorded_on) over (partition by survey_id) as recorded_on,
        greatest(recorded_at, occurred_at) as known_from_at,
        removed_at,
        removed_on,
        first_landed_at,
        last_landed_at
    from events_of_surveys

),

surveys as (

    select
        submissions.survey_response_id,
        cast(null as {{ dbt.type_string() }}) as incident_id,
        true as is_ticket_listed,
        activities.customer_id,
        contacts_of_activities.contact_id,
        submissions.survey_type,
        cast(null as timestamp) as sent_at,
        submissions.responded_at,
        submissions.score,
        case submissions.survey_type when 'nps' then 10 when 'csat' then 5 when 'ces' then 7 end as score_max,
        submissions.sentiment,
        submissions.comment,
        submissions.source_system,
        submissions.source_object,
        submissions.source_record_id,
        submissions.source_url,
        submissions.recorded_at,
        submissions.recorded_on,
        submissions.recorded_at as known_from_at,
        submissions.removed_at,
        submissions.removed_on,
        submissions.first_landed_at,
        submissions.last_landed_at
    from submissions
    inner join activities
        on submissions.survey_response_id = activities.touch_id
    left join contacts_of_activities
        on activities.touch_id = contacts_of_activities.touch_id

    union all

    select
        surveys_of_tickets.survey_response_id,
        surveys_of_tickets.incident_id,
        tickets.incident_id is not null as is_ticket_listed,
        organizations.customer_id,
        requesters.contact_id,
        surveys_of_tickets.survey_type,
        surveys_of_tickets.sent_at,
        surveys_of_tickets.responded_at,
        surveys_of_tickets.score,
        surveys_of_tickets.score_max,
        surveys_of_tickets.sentiment,
        surveys_of_tickets.comment,
        surveys_of_tickets.source_system,
        surveys_of_tickets.source_object,
        surveys_of_tickets.source_record_id,
        surveys_of_tickets.source_url,
        surveys_of_tickets.recorded_at,
        surveys_of_tickets.recorded_on,
        surveys_of_tickets.known_from_at,
        surveys_of_tickets.removed_at,
        surveys_of_tickets.removed_on,
        surveys_of_tickets.first_landed_at,
        surveys_of_tickets.last_landed_at
    from surveys_of_tickets
    left join tickets
        on surveys_of_tickets.incident_id = tickets.incident_id
    left join organizations
        on tickets.organization_id = organizations.organization_id
        and tickets.source_system = organizations.source_system
    left join requesters
        on surveys_of_tickets.requester_id = requesters.user_id
        and surveys_of_tickets.source_system = requesters.source_system

),

-- At the end of a day its last state is known.
states as (

    select
        *,
        {{ day_of('sent_at') }} as sent_on,
        {{ day_of('responded_at') }} as responded_on,
        {{ day_of('known_from_at') }} as known_from_on
    from surveys
    qualify row_number() over (
        partition by survey_response_id, {{ day_of('known_from_at') }}
        order by known_from_at desc, responded_at desc nulls last
    ) = 1

),

periods_of_states as (

    select
        *,
        lead(known_from_on) over (partition by survey_response_id order by known_from_on) as next_known_from_on
    from states

),

known as (

    select
        survey_response_id,
        incident_id,
        is_ticket_listed,
        customer_id,
        contact_id,
        survey_type,
        sent_at,
        sent_on,
        responded_at,
        responded_on,
        score,
        score_max,
        sentiment,
        comment,
        source_system,
        source_object,
        source_record_id,
        source_url,
        recorded_at,
        recorded_on,
        removed_at,
        removed_on,
        first_landed_at,
        last_landed_at,
        known_from_at,
        known_from_on,
        least(next_known_from_on, removed_on) as known_until_on,
        next_known_from_on is null as is_newest
    from periods_of_states

)

select * from known
