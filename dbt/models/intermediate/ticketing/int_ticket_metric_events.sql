with

ticket_metric_events as (
    select * from {{ ref('stg_zendesk__ticket_metric_events') }}
)

select * from ticket_metric_events
