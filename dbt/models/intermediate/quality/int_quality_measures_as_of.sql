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

measures as (

    select
        customer_id,
        as_of_on,
        count(*) filter (where is_open) as open_incidents,
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
        count(*) filter (where opened_days_ago < 365 and is_severe) as severe_incidents_365d
    from incidents
    group by customer_id, as_of_on

),

measured as (

    select
        customer_days.customer_id,
        customer_days.as_of_on,
        {%- for count in [
            'open_incidents',
            'incidents_180d',
            'severe_incidents_180d',
            'surprises_180d',
            'late_discrepancies_365d',
            'repeat_incidents_180d',
            'second_incidents_180d',
        ] %}
        case when customer_days.is_ticketing_connected then coalesce(measures.{{ count }}, 0) end as {{ count }},
        {%- endfor %}
        measures.late_discrepancies_365d
        / nullif(cast(measures.discrepancies_365d as double), 0) as late_discrepancy_share_365d,
        case
            when customer_days.is_ticketing_connected then coalesce(measures.had_severe_incident_ever, false)
        end as had_severe_incident_ever,
        measures.median_resolution_hours_180d,
        case
            when measures.resolutions_365d >= 3
                then measures.resolution_cv_365d
        end as resolution_cv_365d,
        measures.severe_incidents_365d / nullif(cast(measures.incidents_365d as double), 0) as severity_mix_365d
    from customer_days
    left join measures
        on customer_days.customer_id = measures.customer_id
        and customer_days.as_of_on = measures.as_of_on

)

select * from measured
