with

deals as (
    select * from {{ ref('stg_hubspot__deals') }}
)

select * from deals
