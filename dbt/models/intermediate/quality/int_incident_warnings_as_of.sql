-- Half a year: what was said longer ago is no warning of this.
{% set days_a_warning_stands = 180 %}

with

incidents as (

    select * from {{ ref('int_incident_states_as_of') }}
    where customer_id is not null

),

warnings as (

    select * from {{ ref('int_voice_as_of') }}
    where kind = 'warning' and customer_id is not null

),

unheeded as (

    select
        incidents.incident_id,
        incidents.as_of_on,
        incidents.opened_on,
        warnings.voice_id,
        warnings.heard_at,
        warnings.heard_on
    from incidents
    inner join warnings
        on incidents.customer_id = warnings.customer_id
        and incidents.as_of_on = warnings.as_of_on
        and warnings.theme in (incidents.theme, incidents.category)
        and warnings.heard_at < incidents.opened_at
        and warnings.heard_on >= {{ add_days('incidents.opened_on', '-' ~ days_a_warning_stands) }}
        and (warnings.acted_on_at is null or warnings.acted_on_at >= incidents.opened_at)

),

ranked as (

    select
        *,
        row_number() over (
            partition by incident_id, as_of_on
            order by heard_at desc, length(voice_id) desc, voice_id desc
        ) as recency
    from unheeded

),

warned as (

    select
        incident_id,
        as_of_on,
        max(case when recency = 1 then voice_id end) as warned_by_voice_id,
        {{ days_between('min(heard_on)', 'min(opened_on)') }} as festered_days
    from ranked
    group by incident_id, as_of_on

)

select * from warned
