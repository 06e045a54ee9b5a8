with

events as (
    select * from {{ ref('raw_zendesk__ticket_events') }}
    where child_events like '%"Survey%'
),

tickets as (
    select * from {{ ref('raw_zendesk__tickets') }}
),

-- What was said of a ticket is deleted with it: the vendor's events have no deletion of their own.
source as (
    select
        events.id as event_id,
        events.ticket_id,
        events.child_events,
        events.recorded_at,
        nullif(tickets.requester_id, '') as requester_id,
        tickets.url,
        tickets.removed_at,
        coalesce(tickets.was_removed_at_first_load, false) as was_removed_at_first_load,
        events.first_landed_at,
        events.last_landed_at
    from events
    left join tickets on events.ticket_id = tickets.id
),

children as (
    {{ json_array_rows('source', 'child_events') }}
),

named as (
    select
        *,
        coalesce({{ json_text('item', 'id') }}, event_id || ':' || position) as survey_event_id,
        coalesce({{ json_text('item', 'event_type') }}, {{ json_text('item', 'type') }}) as kind,
        lower({{ json_text('item', 'survey_type') }}) as given_type,
        -- An answer stands beside its event or in an object of its own.
        coalesce({{ json_text('item', 'response') }}, item) as answer,
        coalesce({{ parse_timestamp(json_text('item', 'created_at')) }}, recorded_at) as occurred_at
    from children
),

renamed as (
    select
        survey_event_id,
        'zendesk:' || ticket_id as incident_id,
        requester_id,
        kind = 'SurveyResponseSubmitted' as is_answer,
        case
            when given_type is null then 'csat'
            when given_type in ('nps', 'csat', 'ces') then given_type
            else 'other'
        end as survey_type,
        occurred_at,
        {{ number_of(json_text('answer', 'rating')) }} as score,
        nullif(trim({{ json_text('answer', 'comment') }}), '') as comment,
        {{ provenance('zendesk', 'ticket_events', 'survey_event_id', 'url') }}
    from named
    where
        kind in ('SurveyOffered', 'SurveyResponseSubmitted')
        and not was_removed_at_first_load
    qualify row_number() over (partition by survey_event_id order by recorded_at, first_landed_at) = 1
)

select * from renamed
