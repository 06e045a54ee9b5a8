with

tickets as (
    select * from {{ ref('stg_zendesk__tickets') }}
)

select * from tickets
