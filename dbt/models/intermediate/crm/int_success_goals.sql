with

success_goals as (
    select * from {{ ref('stg_hubspot__success_goals') }}
)

select * from success_goals
