with

source as (
    select * from {{ ref('raw_zendesk__tickets') }}
    where not was_removed_at_first_load
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
        recorded_at as opened_at,
        {{ day_of('recorded_at') }} as opened_on,
        {{ parse_timestamp('due_at') }} as due_at,
        {{ provenance('zendesk', 'tickets', 'id', 'url') }}
    from source
)

select * from renamed
