with

incidents as (

    select * from {{ ref('int_incident_states_as_of') }}

),

promises as (

    select * from {{ ref('int_incident_promises_as_of') }}

),

warnings as (

    select * from {{ ref('int_incident_warnings_as_of') }}

),

silences as (

    select * from {{ ref('int_incident_silences_as_of') }}

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
    from incidents

),

-- A repeat within a quarter says that the cause was not found.
incidents_as_of as (

    select
        compared.incident_id,
        compared.as_of_on,
        compared.is_run_day,
        compared.customer_id,
        compared.opened_at,
        compared.opened_on,
        compared.resolved_at,
        {{ day_of('compared.resolved_at') }} as resolved_on,
        compared.resolved_at is null as is_open,
        compared.category,
        compared.theme,
        compared.severity,
        compared.severity in ('high', 'critical') as is_severe,
        compared.phase,
        compared.detected_by,
        (compared.severity in ('high', 'critical') and compared.detected_by in ('customer', 'survey')) as is_surprise,
        promises.first_response_due_at,
        promises.first_response_due_on,
        promises.first_responded_at,
        promises.first_response_kept,
        promises.resolution_due_at,
        promises.resolution_due_on,
        promises.resolution_kept,
        compared.reopen_count,
        case
            when
                compared.customer_id is not null
                and {{ days_between('compared.previous_opened_on_in_category', 'compared.opened_on') }} <= 90
                then compared.previous_incident_id_in_category
        end as repeat_of,
        case
            when compared.customer_id is not null
                then {{ days_between('compared.previous_opened_on', 'compared.opened_on') }}
        end as days_since_previous_incident,
        warnings.incident_id is not null as was_warned,
        warnings.warned_by_voice_id,
        warnings.festered_days,
        silences.went_quiet,
        silences.is_quiet_since,
        compared.source_system,
        compared.source_object,
        compared.source_record_id,
        compared.source_url,
        compared.recorded_at
    from compared_with_incidents_before as compared
    left join promises
        on compared.incident_id = promises.incident_id
        and compared.as_of_on = promises.as_of_on
    left join warnings
        on compared.incident_id = warnings.incident_id
        and compared.as_of_on = warnings.as_of_on
    left join silences
        on compared.incident_id = silences.incident_id
        and compared.as_of_on = silences.as_of_on

)

select * from incidents_as_of
