with

source as (
    select * from {{ ref('raw_zendesk__organizations') }}
),

renamed as (
    select
        id as organization_id,
        name as organization_name,
        nullif(trim(external_id), '') as external_id,
        lower(coalesce(domain_names, '[]')) as domain_names,
        {{ provenance('zendesk', 'organizations', 'id', 'url') }}
    from source
)

select * from renamed
