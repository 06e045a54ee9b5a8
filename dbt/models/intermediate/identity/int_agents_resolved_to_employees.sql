with

agents as (
    select
        *,
        true as is_listed
    from {{ ref('stg_zendesk__users') }}
    where is_agent
),

resolved as (
    {{ resolved_to_employees('agents', 'user_id', 'users') }}
)

select * from resolved
