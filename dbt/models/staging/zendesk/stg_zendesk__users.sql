with

source as (
    select * from {{ ref('raw_zendesk__users') }}
),

renamed as (
    select
        id as user_id,
        lower(nullif(trim(email), '')) as email,
        name as full_name,
        role,
        nullif(organization_id, '') as organization_id,
        coalesce(role in ('agent', 'admin'), false) as is_agent,
        {{ provenance('zendesk', 'users', 'id', 'url') }}
    from source
)

select * from renamed
