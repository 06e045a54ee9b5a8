with

source as (
    select * from {{ ref('raw_hubspot__owners') }}
),

renamed as (
    select
        id as owner_id,
        lower(nullif(trim(email), '')) as email,
        nullif(trim(coalesce("firstName", '') || ' ' || coalesce("lastName", '')), '') as full_name,
        removed_at is not null as is_archived,
        {{ provenance('hubspot', 'owners', 'id', 'cast(null as ' ~ dbt.type_string() ~ ')') }}
    from source
)

select * from renamed
