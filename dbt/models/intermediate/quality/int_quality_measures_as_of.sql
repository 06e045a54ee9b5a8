with

customer_days as (

    select
        *,
        {{ is_connected('ticketing') }} as is_ticketing_connected
    from {{ ref('int_customer_days') }}

),

incidents as (

    select
        *,
        {{ days_between('opened_on', 'as_of_on') }} as opened_days_ago,
        {{ days_between('resolved_on', 'as_of_on') }} as resolved_days_ago,
        {{ hours_between('opened_at', 'resolved_at') }} as resolution_hours
    from {{ ref('int_incidents_as_of') }}
    where customer_id is not null

),

reopenings as (

    select * from {{ ref('int_ticket_resolutions') }}
    where is_reopening

),

promises as (

    select
        customer_id,
        as_of_on,
        first_response_due_on as due_on,
        first_response_kept as is_kept
    from incidents

    union all

    select
        customer_id,
        as_of_on,
        resolution_due_on as due_on,
        resolution_kept as is_kept
    from incidents

),

promises_kept as (

    select
        customer_id,
        as_of_on,
        count(*) filter (where is_kept) / cast(count(*) as double) as promise_kept_rate_180d
    from promises
    where {{ days_between('due_on', 'as_of_on') }} between 0 and 179
    group by customer_id, as_of_on

),

reopens as (

    select
        incidents.customer_id,
        incidents.as_of_on,
        count(*) as reopens_180d
    from incidents
    inner join reopenings
        on incidents.incident_id = reopenings.incident_id
        and {{ days_between('reopenings.changed_on', 'incidents.as_of_on') }} between 0 and 179
    group by incidents.customer_id, incidents.as_of_on

),

measures as (

    select
        customer_id,
        as_of_on,
        count(*) filter (where is_open) as open_incidents,
        count(*) filter (where is_open and resolution_due_on <= as_of_on) as overdue_incidents,
        count(*) filter (where opened_days_ago < 180) as incidents_180d,
        count(*) filter (where opened_days_ago < 180 and is_severe) as severe_incidents_180d,
        count(*) filter (where opened_days_ago < 180 and is_surprise) as surprises_180d,
        count(*) filter (
            where opened_days_ago < 365 and category = 'discrepancy' and phase <> 'before_start'
        ) as late_discrepancies_365d,
        count(*) filter (where opened_days_ago < 365 and category = 'discrepancy') as discrepancies_365d,
        count(*) filter (where opened_days_ago < 180 and repeat_of is not null) as repeat_incidents_180d,
        count(*) filter (
            where opened_days_ago < 180 and days_since_previous_incident <= 90
        ) as second_incidents_180d,
        bool_or(is_severe) as had_severe_incident_ever,
        median(case when resolved_days_ago < 180 then resolution_hours end) as median_resolution_hours_180d,
        count(*) filter (where resolved_days_ago < 365) as resolutions_365d,
        {{ spread_over_mean('case when resolved_days_ago < 365 then round(resolution_hours * 3600) end') }}
            as resolution_cv_365d,
        count(*) filter (where opened_days_ago < 365) as incidents_365d,
        count(*) filter (where opened_days_ago < 365 and is_severe) as severe_incidents_365d,
        count(*) filter (where opened_days_ago < 365 and was_warned) as warned_incidents_365d,
        bool_or(is_quiet_since) as is_quiet_after_complaint
    from incidents
    group by customer_id, as_of_on

),

measured as (

    select
        customer_days.customer_id,
        customer_days.as_of_on,
        {%- for count in [
            'open_incidents',
            'overdue_incidents',
            'incidents_180d',
            'severe_incidents_180d',
            'surprises_180d',
            'late_discrepancies_365d',
            'repeat_incidents_180d',
            'second_incidents_180d',
            'warned_incidents_365d',
        ] %}
        case when customer_days.is_ticketing_connected then coalesce(measures.{{ count }}, 0) end as {{ count }},
        {%- endfor %}
        measures.late_discrepancies_365d
        / nullif(cast(measures.discrepancies_365d as double), 0) as late_discrepancy_share_365d,
        case when customer_days.is_ticketing_connected then coalesce(reopens.reopens_180d, 0) end as reopens_180d,
        case
            when customer_days.is_ticketing_connected then coalesce(measures.had_severe_incident_ever, false)
        end as had_severe_incident_ever,
        promises_kept.promise_kept_rate_180d,
        measures.median_resolution_hours_180d,
        case
            when measures.resolutions_365d >= 3
                then measures.resolution_cv_365d
        end as resolution_cv_365d,
        measures.severe_incidents_365d / nullif(cast(measures.incidents_365d as double), 0) as severity_mix_365d,
        case
            when customer_days.is_ticketing_connected then coalesce(measures.is_quiet_after_complaint, false)
        end as is_quiet_after_complaint
    from customer_days
    left join measures
        on customer_days.customer_id = measures.customer_id
        and customer_days.as_of_on = measures.as_of_on
    left join promises_kept
        on customer_days.customer_id = promises_kept.customer_id
        and customer_days.as_of_on = promises_kept.as_of_on
    left join reopens
        on customer_days.customer_id = reopens.customer_id
        and customer_days.as_of_on = reopens.as_of_on

)

select * from measured
