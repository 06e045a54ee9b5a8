with

companies as (
    select * from {{ ref('stg_hubspot__companies') }}
)

select * from companies
