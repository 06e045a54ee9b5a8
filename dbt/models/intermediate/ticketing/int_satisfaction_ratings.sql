with

satisfaction_ratings as (
    select * from {{ ref('stg_zendesk__satisfaction_ratings') }}
)

select * from satisfaction_ratings
