with

role_history as (
    select * from {{ ref('stg_hubspot__company_role_history') }}
)

select * from role_history
