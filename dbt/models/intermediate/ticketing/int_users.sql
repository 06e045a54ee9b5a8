with

users as (
    select * from {{ ref('stg_zendesk__users') }}
)

select * from users
