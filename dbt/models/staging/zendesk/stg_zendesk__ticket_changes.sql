with

source as (
    select * from {{ ref('raw_zendesk__ticket_events') }}
    where
        child_events like '%"status"%'
        or child_events like '%"priority"%'
        or child_events like '%"assignee_id"%'
),

children as (
    {{ json_array_rows('source', 'child_events') }}
),

field_changes as (
    select
        *,
        lower(coalesce({{ json_text('item', 'event_type') }}, {{ json_text('item', 'type') }})) as kind_of_change
    from children
),

-- An export names the changed field by a key of its own, an audit by the value of `field_name`.
valued as (
    {%- for field in ['status', 'priority', 'assignee_id'] %}
    select
        *,
        '{{ field }}' as field,
        coalesce({{ json_text('item', field) }}, {{ json_text('item', 'value') }}) as value
    from field_changes
    where
        kind_of_change in ('create', 'change')
        and ({{ json_has('item', field) }} or {{ json_text('item', 'field_name') }} = '{{ field }}')
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

renamed as (
    select
        id as ticket_event_id,
        position,
        ticket_id,
        'zendesk:' || ticket_id as incident_id,
        field,
        lower(nullif(value, '')) as value,
        lower(nullif({{ json_text('item', 'previous_value') }}, '')) as previous_value,
        kind_of_change = 'create' as is_creation,
        recorded_at as changed_at,
        {{ day_of('recorded_at') }} as changed_on,
        {{ provenance('zendesk', 'ticket_events', 'id', 'cast(null as ' ~ dbt.type_string() ~ ')') }}
    from valued
    where lower(value) is distinct from 'deleted'
)

select * from renamed
