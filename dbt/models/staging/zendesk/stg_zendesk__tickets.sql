with

tickets as (
    select * from {{ ref('raw_zendesk__tickets') }}
    where not was_removed_at_first_load
),

landings as (
    select distinct landed_at
    from {{ ref('raw_kept__loads') }}
    where is_admitted and source_table = 'zendesk__tickets'
),

landings_in_turn as (
    select
        landed_at,
        lag(landed_at) over (order by landed_at) as previous_landed_at
    from landings
),

-- An import gives a ticket a creation in the past: what a load made an hour later did not bring was not there yet.
source as (
    select
        tickets.id,
        tickets.url,
        tickets.subject,
        tickets.description,
        tickets.type,
        tickets.tags,
        tickets.organization_id,
        tickets.requester_id,
        tickets.submitter_id,
        tickets.via,
        tickets.due_at,
        tickets.recorded_at as created_at,
        case
            when
                not tickets.is_in_first_complete_load
                and {{ hours_between('tickets.recorded_at', 'landings_in_turn.previous_landed_at') }} > 1
                then tickets.first_landed_at
            else tickets.recorded_at
        end as recorded_at,
        tickets.removed_at,
        tickets.was_removed_at_first_load,
        tickets.first_landed_at,
        tickets.last_landed_at
    from tickets
    left join landings_in_turn
        on tickets.first_landed_at = landings_in_turn.landed_at
),

renamed as (
    select
        'zendesk:' || id as incident_id,
        id as ticket_id,
        subject,
        description,
        lower(nullif(type, '')) as ticket_type,
        lower(coalesce(tags, '[]')) as tags,
        nullif(organization_id, '') as organization_id,
        nullif(requester_id, '') as requester_id,
        nullif(submitter_id, '') as submitter_id,
        lower({{ json_text('via', 'channel') }}) as via_channel,
        created_at as opened_at,
        {{ day_of('created_at') }} as opened_on,
        {{ parse_timestamp('due_at') }} as due_at,
        {{ provenance('zendesk', 'tickets', 'id', 'url') }}
    from source
)

select * from renamed
