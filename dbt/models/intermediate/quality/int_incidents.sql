with

tickets as (

    select * from {{ ref('int_tickets') }}
    where not was_removed_at_first_load

),

meanings as (

    select * from {{ sound_rows('incident_tags') }}

),

themes as (

    select * from {{ ref('int_ticket_themes') }}

),

organizations as (

    select * from {{ ref('int_organizations_resolved_to_customers') }}

),

agents as (

    select * from {{ ref('int_agents_resolved_to_employees') }}

),

ticket_tags as (

    {{ json_array_rows('tickets', 'tags') }}

),

meanings_of_tags as (

    select
        ticket_tags.incident_id,
        meanings.kind,
        meanings.position,
        meanings.value
    from ticket_tags
    inner join meanings
        on ticket_tags.item = meanings.tag
        and meanings.kind in ('incident', 'not_incident', 'category', 'phase', 'detected_by')

),

meanings_of_types as (

    select
        tickets.incident_id,
        meanings.kind,
        meanings.position,
        meanings.value
    from tickets
    inner join meanings
        on tickets.ticket_type = meanings.tag
        and meanings.kind = 'incident_type'

),

meanings_of_channels as (

    select
        tickets.incident_id,
        meanings.kind,
        meanings.position,
        meanings.value
    from tickets
    inner join meanings
        on tickets.via_channel = meanings.tag
        and meanings.kind = 'detected_by_channel'

),

meanings_of_tickets as (

    select * from meanings_of_tags
    union all
    select * from meanings_of_types
    union all
    select * from meanings_of_channels

),

first_meanings as (

    select * from meanings_of_tickets
    qualify row_number() over (partition by incident_id, kind order by position, value) = 1

),

understood as (

    select
        incident_id,
        max(case when kind = 'category' then value end) as category,
        max(case when kind = 'phase' then value end) as phase,
        max(case when kind = 'detected_by' then value end) as detected_by,
        max(case when kind = 'detected_by_channel' then value end) as detected_by_channel
    from first_meanings
    group by incident_id
    having bool_or(kind in ('incident_type', 'incident')) and not bool_or(kind = 'not_incident')

),

incidents as (

    select
        tickets.incident_id,
        tickets.ticket_id,
        organizations.customer_id,
        tickets.opened_at,
        tickets.opened_on,
        coalesce(understood.category, 'other') as category,
        themes.theme,
        coalesce(understood.phase, 'in_service') as phase,
        case
            when understood.detected_by is not null then understood.detected_by
            when understood.detected_by_channel is not null then understood.detected_by_channel
            when agents.user_id is not null then 'front_line'
            else 'customer'
        end as detected_by,
        tickets.source_system,
        tickets.source_object,
        tickets.source_record_id,
        tickets.source_url,
        tickets.recorded_at,
        tickets.recorded_on,
        tickets.removed_at,
        tickets.removed_on
    from tickets
    inner join understood
        on tickets.incident_id = understood.incident_id
    left join themes
        on tickets.incident_id = themes.incident_id
    left join organizations
        on tickets.organization_id = organizations.organization_id
        and tickets.source_system = organizations.source_system
    left join agents
        on tickets.submitter_id = agents.user_id
        and tickets.source_system = agents.source_system

)

select * from incidents
