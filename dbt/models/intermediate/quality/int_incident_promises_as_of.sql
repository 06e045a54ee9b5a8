with

incidents as (

    select * from {{ ref('int_incident_states_as_of') }}

),

promises as (

    select * from {{ ref('int_promises_known') }}

),

versions as (

    select
        *,
        lead(version_on) over (
            partition by incident_id
            order by version_on, version_at
        ) as next_version_on
    from {{ ref('int_ticket_versions') }}

),

first_responses as (

    select
        incident_id,
        min(commented_at) as first_responded_at
    from {{ ref('int_public_words_on_incidents') }}
    where not is_opening
    group by incident_id

),

promised as (

    select
        incidents.incident_id,
        incidents.as_of_on,
        incidents.resolved_at,
        promises.first_response_due_at,
        case
            when {{ day_of('first_responses.first_responded_at') }} <= incidents.as_of_on
                then first_responses.first_responded_at
        end as first_responded_at,
        coalesce(promises.resolution_due_at, versions.due_at) as resolution_due_at
    from incidents
    left join promises
        on incidents.incident_id = promises.incident_id
        and incidents.as_of_on >= promises.known_from_on
        and (promises.known_until_on is null or incidents.as_of_on < promises.known_until_on)
    left join versions
        on incidents.incident_id = versions.incident_id
        and incidents.as_of_on >= versions.version_on
        and (versions.next_version_on is null or incidents.as_of_on < versions.next_version_on)
    left join first_responses
        on incidents.incident_id = first_responses.incident_id

),

dated as (

    select
        *,
        {{ day_of('first_response_due_at') }} as first_response_due_on,
        {{ day_of('resolution_due_at') }} as resolution_due_on
    from promised

),

-- The as-of day is known to its end, so that what was due on it is past due.
kept as (

    select
        incident_id,
        as_of_on,
        first_response_due_at,
        first_response_due_on,
        first_responded_at,
        case
            when first_responded_at <= first_response_due_at then true
            when first_response_due_on <= as_of_on then false
        end as first_response_kept,
        resolution_due_at,
        resolution_due_on,
        case
            when resolved_at <= resolution_due_at then true
            when resolution_due_on <= as_of_on then false
        end as resolution_kept
    from dated

)

select * from kept
