with

source as (
    select * from {{ ref('raw_hubspot__success_goals') }}
    where not was_removed_at_first_load
),

terms as (
    select
        term,
        property
    from {{ ref('crm_properties') }}
    where
        source_system = 'hubspot'
        and object = 'success_goals'
        and term in ('agreed_on', 'due_on', 'met_on', 'status')
),

parsed as (
    select
        *,
        {{ json_map('properties') }} as property_values,
        {{ json_map('"propertiesWithHistory"') }} as property_histories
    from source
),

term_histories as (
    select
        parsed.id,
        parsed.url,
        parsed.recorded_at,
        parsed.removed_at,
        parsed.was_removed_at_first_load,
        parsed.first_landed_at,
        parsed.last_landed_at,
        terms.term,
        {{ map_value('parsed.property_values', 'terms.property') }} as current_value,
        {{ map_value('parsed.property_histories', 'terms.property') }} as history
    from parsed
    cross join terms
),

changes as (
    {{ history_rows('term_histories') }}
),

renamed as (
    select
        'hubspot:' || id as success_goal_id,
        term,
        value,
        changed_at,
        {{ day_of('changed_at') }} as changed_on,
        position,
        {{ provenance('hubspot', 'success_goals', 'id', 'url') }}
    from changes
)

select * from renamed
