with

source as (
    select * from {{ ref('raw_hubspot__companies') }}
),

property_names as (
    {{ crm_property_names('hubspot', 'companies', ['lifecycle_stage']) }}
),

lifecycle_stages as (
    select * from {{ ref('lifecycle_stages') }}
    where source_system = 'hubspot'
),

stage_histories as (
    select
        source.id,
        source.url,
        source.recorded_at,
        source.removed_at,
        source.was_removed_at_first_load,
        source.first_landed_at,
        source.last_landed_at,
        nullif({{ json_text_dynamic('source.properties', 'property_names.lifecycle_stage') }}, '') as current_value,
        {{ json_text_dynamic('source."propertiesWithHistory"', 'property_names.lifecycle_stage') }} as history
    from source
    cross join property_names
),

changes as (
    {{ history_rows('stage_histories') }}
),

renamed as (
    select
        'hubspot:' || changes.id as company_id,
        lifecycle_stages.lifecycle_stage,
        changes.changed_at,
        {{ day_of('changes.changed_at') }} as changed_on,
        changes.position,
        {{ provenance('hubspot', 'companies', 'changes.id', 'changes.url') }}
    from changes
    left join lifecycle_stages on lower(changes.value) = lifecycle_stages.vendor_stage
)

select * from renamed
