with

deal_stages as (
    select * from {{ ref('stg_hubspot__deal_stages') }}
)

select * from deal_stages
