with

source as (
    select * from {{ ref('raw_hubspot__deals') }}
    where not was_removed_at_first_load
),

property_names as (
    {{ crm_property_names('hubspot', 'deals', [
        'name', 'description', 'offering', 'loss_reason', 'pipeline', 'stage',
    ]) }}
),

pipelines as (
    select
        pipeline_id,
        deal_kind
    from {{ ref('stg_hubspot__deal_stages') }}
    group by all
),

parsed as (
    select
        *,
        {{ json_map('properties') }} as property_values,
        {{ json_text('associations', 'companies') }} as associated_records
    from source
),

companies as (
    {{ primary_association('parsed') }}
),

renamed as (
    select
        'hubspot:' || parsed.id as deal_id,
        {{ map_value('parsed.property_values', 'property_names.name') }} as deal_name,
        {{ map_value('parsed.property_values', 'property_names.description') }} as description,
        companies.associated_id as company_record_id,
        pipelines.deal_kind,
        {{ map_value('parsed.property_values', 'property_names.offering') }} as offering,
        {{ map_value('parsed.property_values', 'property_names.loss_reason') }} as loss_reason,
        {{ map_value('parsed.property_values', 'property_names.pipeline') }} as pipeline_id,
        {{ map_value('parsed.property_values', 'property_names.stage') }} as stage_id,
        {{ provenance('hubspot', 'deals', 'parsed.id', 'parsed.url') }}
    from parsed
    cross join property_names
    left join companies on parsed.id = companies.id
    left join pipelines
        on {{ map_value('parsed.property_values', 'property_names.pipeline') }} = pipelines.pipeline_id
)

select * from renamed
