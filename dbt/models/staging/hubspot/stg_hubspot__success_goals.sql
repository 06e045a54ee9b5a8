with

source as (
    select * from {{ ref('raw_hubspot__success_goals') }}
    where not was_removed_at_first_load
),

property_names as (
    {{ crm_property_names('hubspot', 'success_goals', ['goal']) }}
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
        'hubspot:' || parsed.id as success_goal_id,
        {{ map_value('parsed.property_values', 'property_names.goal') }} as goal,
        companies.associated_id as company_record_id,
        {{ provenance('hubspot', 'success_goals', 'parsed.id', 'parsed.url') }}
    from parsed
    cross join property_names
    left join companies on parsed.id = companies.id
)

select * from renamed
