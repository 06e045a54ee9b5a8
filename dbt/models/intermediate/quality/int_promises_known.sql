with

incidents as (

    select * from {{ ref('int_incidents') }}

),

metric_events as (

    select
        *,
        case when metric = 'reply_time' then 'first_response' else 'resolution' end as promise
    from {{ ref('int_ticket_metric_events') }}
    where
        event in ('activate', 'apply_sla', 'breach')
        and (metric in ('resolution_time', 'requester_wait_time') or (metric = 'reply_time' and instance_number = 1))

),

events_of_incidents as (

    select
        metric_events.*,
        incidents.opened_at
    from metric_events
    inner join incidents
        on metric_events.incident_id = incidents.incident_id

),

days_of_change as (

    select
        incident_id,
        recorded_on as known_from_on
    from events_of_incidents

    union distinct

    select
        incident_id,
        removed_on as known_from_on
    from events_of_incidents
    where removed_on is not null

),

periods_of_knowledge as (

    select
        incident_id,
        known_from_on,
        lead(known_from_on) over (partition by incident_id order by known_from_on) as known_until_on
    from days_of_change

),

events_known as (

    select
        events_of_incidents.*,
        periods_of_knowledge.known_from_on,
        periods_of_knowledge.known_until_on,
        row_number() over (
            partition by
                events_of_incidents.incident_id,
                periods_of_knowledge.known_from_on,
                events_of_incidents.metric,
                events_of_incidents.instance_number,
                events_of_incidents.event
            order by
                events_of_incidents.happened_at desc,
                length(events_of_incidents.metric_event_id) desc,
                events_of_incidents.metric_event_id desc
        ) = 1 as is_latest_of_its_kind
    from periods_of_knowledge
    inner join events_of_incidents
        on periods_of_knowledge.incident_id = events_of_incidents.incident_id
        and periods_of_knowledge.known_from_on >= events_of_incidents.recorded_on
        and (
            events_of_incidents.removed_on is null
            or periods_of_knowledge.known_from_on < events_of_incidents.removed_on
        )

),

-- A metric that paused is activated again: the clock of the promise runs from the first time.
instances as (

    select
        incident_id,
        known_from_on,
        known_until_on,
        promise,
        metric,
        instance_number,
        coalesce(min(case when event = 'activate' then happened_at end), min(opened_at)) as activated_at,
        max(case when event = 'apply_sla' and is_latest_of_its_kind then target_seconds end) as target_seconds,
        bool_or(event = 'apply_sla' and is_latest_of_its_kind and is_in_business_hours) as is_in_business_hours,
        max(case when event = 'breach' then happened_at end) as breached_at
    from events_known
    group by all

),

-- Business hours are the vendor's to know: until it records a breach, the calendar is the nearest there is.
promises as (

    select
        *,
        case
            when is_in_business_hours and breached_at is not null then breached_at
            else {{ add_seconds('activated_at', 'target_seconds') }}
        end as due_at
    from instances
    where target_seconds is not null
    qualify row_number() over (
        partition by incident_id, known_from_on, promise
        order by metric = 'resolution_time' desc, instance_number desc
    ) = 1

),

known as (

    select
        incident_id,
        known_from_on,
        known_until_on,
        max(case when promise = 'first_response' then due_at end) as first_response_due_at,
        max(case when promise = 'resolution' then due_at end) as resolution_due_at
    from promises
    group by incident_id, known_from_on, known_until_on

)

select * from known
