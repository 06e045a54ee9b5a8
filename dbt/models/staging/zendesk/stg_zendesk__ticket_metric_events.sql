with

source as (
    select * from {{ ref('raw_zendesk__ticket_metric_events') }}
    where not was_removed_at_first_load
),

renamed as (
    select
        id as metric_event_id,
        ticket_id,
        'zendesk:' || ticket_id as incident_id,
        metric,
        try_cast(instance_id as integer) as instance_number,
        type as event,
        recorded_at as happened_at,
        coalesce(
            {{ number_of(json_text('sla', 'target_in_seconds')) }},
            {{ number_of(json_text('sla', 'target')) }} * 60
        ) as target_seconds,
        coalesce(lower({{ json_text('sla', 'business_hours') }}) = 'true', false) as is_in_business_hours,
        {{ provenance('zendesk', 'ticket_metric_events', 'id', 'cast(null as ' ~ dbt.type_string() ~ ')') }}
    from source
)

select * from renamed
