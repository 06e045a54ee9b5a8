with

incidents as (

    select * from {{ ref('int_incidents') }}

),

resolutions as (

    select * from {{ ref('int_ticket_resolutions') }}

),

priorities as (

    select * from {{ ref('int_ticket_field_history') }}
    where field = 'priority'

),

severities as (

    select * from {{ ref('ticket_priorities') }}

),

as_of_days as (

    select * from {{ ref('int_as_of_days') }}

),

incidents_known as (

    select
        incidents.*,
        as_of_days.as_of_on,
        as_of_days.is_run_day
    from incidents
    inner join as_of_days
        on as_of_days.as_of_on >= incidents.opened_on
        and as_of_days.as_of_on >= incidents.recorded_on
        and (incidents.removed_on is null or as_of_days.as_of_on < incidents.removed_on)

),

-- The metric set of a ticket that we first saw done tells of a day after its creation.
incidents_in_state as (

    select
        incidents_known.*,
        coalesce(severities.severity, 'normal') as severity,
        case
            when {{ day_of('resolutions.resolved_at') }} <= incidents_known.as_of_on then resolutions.resolved_at
        end as resolved_at,
        coalesce(resolutions.reopen_count, 0) as reopen_count
    from incidents_known
    left join resolutions
        on incidents_known.incident_id = resolutions.incident_id
        and incidents_known.as_of_on >= resolutions.changed_on
        and (resolutions.next_changed_on is null or incidents_known.as_of_on < resolutions.next_changed_on)
    left join priorities
        on incidents_known.incident_id = priorities.incident_id
        and incidents_known.as_of_on >= priorities.changed_on
        and (priorities.next_changed_on is null or incidents_known.as_of_on < priorities.next_changed_on)
    left join severities
        on incidents_known.source_system = severities.source_system
        and priorities.value = severities.priority

)

select * from incidents_in_state
