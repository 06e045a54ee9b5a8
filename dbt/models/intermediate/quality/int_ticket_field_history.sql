with

tickets as (

    select * from {{ ref('int_tickets') }}

),

changes as (

    select * from {{ ref('int_ticket_changes') }}

),

versions as (

    select * from {{ ref('int_ticket_versions') }}

),

-- Ids of vendors are numbers as text: the shorter is the lower.
numbered_changes as (

    select
        *,
        row_number() over (
            partition by incident_id, field
            order by changed_at, length(ticket_event_id), ticket_event_id, position
        ) as change_number
    from changes

),

-- A ticket that events first tell of when it was done already was done before: the events of that are missing.
first_changes as (

    select * from numbered_changes
    where
        change_number = 1
        and (is_creation or field <> 'status' or coalesce(previous_value, '') not in ('solved', 'closed'))

),

values_at_opening as (

    select
        first_changes.incident_id,
        first_changes.field,
        0 as change_number,
        first_changes.previous_value as value,
        cast(null as timestamp) as solved_at,
        true as is_from_events,
        tickets.opened_at as changed_at
    from first_changes
    inner join tickets
        on first_changes.incident_id = tickets.incident_id
    where not first_changes.is_creation

),

values_in_events as (

    select
        numbered_changes.incident_id,
        numbered_changes.field,
        numbered_changes.change_number,
        numbered_changes.value,
        cast(null as timestamp) as solved_at,
        true as is_from_events,
        numbered_changes.changed_at
    from numbered_changes
    inner join first_changes
        on numbered_changes.incident_id = first_changes.incident_id
        and numbered_changes.field = first_changes.field

),

values_of_versions as (

    {%- for field in ['status', 'priority', 'assignee_id'] %}

    select
        incident_id,
        '{{ field }}' as field,
        {{ field }} as value,
        {{ 'solved_at' if field == 'status' else 'cast(null as timestamp) as solved_at' }},
        version_at as changed_at
    from versions
    {%- if not loop.last %}

    union all
    {%- endif %}
    {%- endfor %}

),

values_in_versions as (

    select
        values_of_versions.incident_id,
        values_of_versions.field,
        row_number() over (
            partition by values_of_versions.incident_id, values_of_versions.field
            order by values_of_versions.changed_at
        ) as change_number,
        values_of_versions.value,
        values_of_versions.solved_at,
        false as is_from_events,
        values_of_versions.changed_at
    from values_of_versions
    left join first_changes
        on values_of_versions.incident_id = first_changes.incident_id
        and values_of_versions.field = first_changes.field
    where first_changes.incident_id is null

),

every_value as (

    select * from values_at_opening
    union all
    select * from values_in_events
    union all
    select * from values_in_versions

),

dated as (

    select
        *,
        {{ day_of('changed_at') }} as changed_on
    from every_value

),

history as (

    select
        *,
        lead(changed_on) over (partition by incident_id, field order by change_number) as next_changed_on
    from dated

)

select * from history
