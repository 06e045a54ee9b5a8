with

lifecycle_history as (
    select * from {{ ref('stg_hubspot__company_lifecycle_history') }}
)

select * from lifecycle_history
