with

source as (
    select * from {{ ref('raw_hubspot__companies') }}
),

property_names as (
    {{ crm_property_names('hubspot', 'companies', [
        'name', 'domain', 'industry', 'segment', 'region', 'country', 'lifecycle_stage',
    ]) }}
),

lifecycle_stages as (
    select * from {{ ref('lifecycle_stages') }}
    where source_system = 'hubspot'
),

parsed as (
    select
        *,
        {{ json_map('properties') }} as property_values
    from source
),

renamed as (
    select
        'hubspot:' || parsed.id as company_id,
        {{ map_value('parsed.property_values', 'property_names.name') }} as company_name,
        lower({{ map_value('parsed.property_values', 'property_names.domain') }}) as domain,
        {{ map_value('parsed.property_values', 'property_names.industry') }} as industry,
        {{ map_value('parsed.property_values', 'property_names.segment') }} as segment,
        coalesce(
            {{ map_value('parsed.property_values', 'property_names.region') }},
            {{ map_value('parsed.property_values', 'property_names.country') }}
        ) as region,
        lifecycle_stages.lifecycle_stage as vendor_lifecycle_stage,
        {{ map_value('parsed.property_values', "'hs_merged_object_ids'") }} as merged_record_ids,
        {{ provenance('hubspot', 'companies', 'parsed.id', 'parsed.url') }}
    from parsed
    cross join property_names
    left join lifecycle_stages
        on lifecycle_stages.vendor_stage
        = lower({{ map_value('parsed.property_values', 'property_names.lifecycle_stage') }})
)

select * from renamed
