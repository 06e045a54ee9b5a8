with

ticket_versions as (
    select * from {{ ref('stg_zendesk__ticket_versions') }}
)

select * from ticket_versions
