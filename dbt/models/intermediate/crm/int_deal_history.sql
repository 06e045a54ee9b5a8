with

deal_history as (
    select * from {{ ref('stg_hubspot__deal_history') }}
)

select * from deal_history
