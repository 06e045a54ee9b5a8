with

source as (
    select * from {{ ref('raw_hubspot__companies') }}
),

roles as (
    select * from {{ ref('crm_roles') }}
    where source_system = 'hubspot'
),

parsed as (
    select
        id,
        url,
        recorded_at,
        removed_at,
        was_removed_at_first_load,
        first_landed_at,
        last_landed_at,
        {{ json_map('properties') }} as property_values,
        {{ json_map('"propertiesWithHistory"') }} as property_histories
    from source
),

role_histories as (
    select
        parsed.id,
        parsed.url,
        parsed.recorded_at,
        parsed.removed_at,
        parsed.was_removed_at_first_load,
        parsed.first_landed_at,
        parsed.last_landed_at,
        roles.role,
        {{ map_value('parsed.property_values', 'roles.property') }} as current_value,
        {{ map_value('parsed.property_histories', 'roles.property') }} as history
    from parsed
    cross join roles
),

changes as (
    {{ history_rows('role_histories') }}
),

renamed as (
    select
        'hubspot:' || id as company_id,
        role,
        value as owner_id,
        changed_at,
        {{ day_of('changed_at') }} as changed_on,
        position,
        {{ provenance('hubspot', 'companies', 'id', 'url') }}
    from changes
)

select * from renamed
