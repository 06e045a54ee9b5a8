with

success_goal_history as (
    select * from {{ ref('stg_hubspot__success_goal_history') }}
)

select * from success_goal_history
