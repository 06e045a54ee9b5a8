with

events as (
    select * from {{ ref('raw_zendesk__ticket_events') }}
    where child_events like '%"Comment"%'
),

tickets as (
    select * from {{ ref('raw_zendesk__tickets') }}
),

-- A comment is deleted with its ticket: the vendor's events have no deletion of their own.
source as (
    select
        events.id as event_id,
        events.ticket_id,
        events.updater_id,
        events.child_events,
        events.recorded_at,
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

comments as (
    select
        *,
        coalesce({{ json_text('item', 'id') }}, event_id || ':' || position) as comment_id,
        coalesce(
            {{ parse_timestamp(json_text('item', 'created_at')) }},
            recorded_at
        ) as commented_at
    from children
    where
        coalesce({{ json_text('item', 'event_type') }}, {{ json_text('item', 'type') }}) = 'Comment'
        and not was_removed_at_first_load
),

renamed as (
    select
        comment_id,
        ticket_id,
        'zendesk:' || ticket_id as incident_id,
        coalesce({{ json_text('item', 'author_id') }}, updater_id) as author_id,
        {{ json_text('item', 'public') }} = 'true' as is_public,
        coalesce(
            nullif({{ json_text('item', 'body') }}, ''),
            nullif({{ json_text('item', 'html_body') }}, '')
        ) as body,
        commented_at,
        {{ day_of('commented_at') }} as commented_on,
        {{ provenance('zendesk', 'ticket_comments', 'comment_id', 'url') }}
    from comments
    qualify row_number() over (partition by comment_id order by recorded_at, first_landed_at) = 1
)

select * from renamed
