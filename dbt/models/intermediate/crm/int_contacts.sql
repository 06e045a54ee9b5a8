with

contacts as (
    select * from {{ ref('stg_hubspot__contacts') }}
)

select * from contacts
