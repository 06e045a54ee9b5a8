with

ticket_changes as (
    select * from {{ ref('stg_zendesk__ticket_changes') }}
)

select * from ticket_changes
