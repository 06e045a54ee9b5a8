with

incidents as (

    select * from {{ ref('int_incidents') }}

),

versions as (

    select * from {{ ref('int_ticket_versions') }}

),

priorities as (

    select * from {{ ref('ticket_priorities') }}

),

as_of_days as (

    select * from {{ ref('int_as_of_days') }}

),

versions_in_force as (

    select
        *,
        lead(version_on) over (
            partition by incident_id
            order by version_on, version_at
        ) as next_version_on
    from versions

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

incidents_in_state as (

    select
        incidents_known.*,
        coalesce(priorities.severity, 'normal') as severity,
        case
            when
                versions_in_force.status in ('solved', 'closed')
                and {{ day_of('versions_in_force.solved_at') }} <= incidents_known.as_of_on
                then versions_in_force.solved_at
        end as resolved_at
    from incidents_known
    left join versions_in_force
        on incidents_known.incident_id = versions_in_force.incident_id
        and incidents_known.as_of_on >= versions_in_force.version_on
        and (
            versions_in_force.next_version_on is null
            or incidents_known.as_of_on < versions_in_force.next_version_on
        )
    left join priorities
        on incidents_known.source_system = priorities.source_system
        and versions_in_force.priority = priorities.priority

),

-- Ids of vendors are numbers as text: the shorter is the lower.
compared_with_incidents_before as (

    select
        *,
        lag(opened_on) over (
            partition by as_of_on, customer_id
            order by opened_at, length(incident_id), incident_id
        ) as previous_opened_on,
        lag(opened_on) over (
            partition by as_of_on, customer_id, category
            order by opened_at, length(incident_id), incident_id
        ) as previous_opened_on_in_category,
        lag(incident_id) over (
            partition by as_of_on, customer_id, category
            order by opened_at, length(incident_id), incident_id
        ) as previous_incident_id_in_category
    from incidents_in_state

),

-- A repeat within a quarter says that the cause was not found.
incidents_as_of as (

    select
        incident_id,
        as_of_on,
        is_run_day,
        customer_id,
        opened_at,
        opened_on,
        resolved_at,
        {{ day_of('resolved_at') }} as resolved_on,
        resolved_at is null as is_open,
        category,
        theme,
        severity,
        severity in ('high', 'critical') as is_severe,
        phase,
        detected_by,
        (severity in ('high', 'critical') and detected_by in ('customer', 'survey')) as is_surprise,
        case
            when
                customer_id is not null
                and {{ days_between('previous_opened_on_in_category', 'opened_on') }} <= 90
                then previous_incident_id_in_category
        end as repeat_of,
        case
            when customer_id is not null then {{ days_between('previous_opened_on', 'opened_on') }}
        end as days_since_previous_incident,
        source_system,
        source_object,
        source_record_id,
        source_url,
        recorded_at
    from compared_with_incidents_before

)

select * from incidents_as_of
