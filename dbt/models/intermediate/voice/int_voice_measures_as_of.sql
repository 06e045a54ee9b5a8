with

customer_days as (

    select
        *,
        {{ is_connected('crm') }} as is_crm_connected
    from {{ ref('int_customer_days') }}

),

voice as (

    select
        *,
        {{ days_between('heard_on', 'as_of_on') }} as days_ago
    from {{ ref('int_voice_as_of') }}

),

surveys as (

    select
        *,
        {{ days_between('coalesce(sent_on, responded_on)', 'as_of_on') }} as sent_days_ago,
        {{ days_between('responded_on', 'as_of_on') }} as responded_days_ago
    from {{ ref('int_surveys_as_of') }}

),

heard as (

    select
        customer_id,
        as_of_on,
        count(*) filter (where days_ago < 365) as voice_365d,
        count(distinct case when days_ago < 365 then department end) as voice_departments_365d,
        count(*) filter (where kind = 'warning' and acted_on_at is null) as warnings_unacted,
        count(*) filter (where kind = 'expectation' and days_ago < 365) as expectations_365d,
        count(*) filter (
            where kind = 'expectation' and days_ago < 365 and acted_on_at is not null
        ) as expectations_acted_365d,
        count(*) filter (where kind = 'opportunity' and acted_on_at is null) as opportunities_open
    from voice
    group by customer_id, as_of_on

),

-- What is not acted on yet waits, and is no better for it than what was acted on late.
asked as (

    select
        customer_id,
        as_of_on,
        count(*) filter (where sent_days_ago < 365) as surveys_sent_365d,
        count(*) filter (where responded_days_ago < 365) as answers_365d,
        sum(case when responded_days_ago < 365 then coalesce(action_lag_days, responded_days_ago) end)
            as action_lag_days_365d
    from surveys
    group by customer_id, as_of_on

),

last_answers as (

    select * from surveys
    where responded_at is not null and score is not null and survey_type in ('nps', 'csat')
    qualify row_number() over (
        partition by customer_id, as_of_on, survey_type
        order by responded_at desc, length(survey_response_id) desc, survey_response_id desc
    ) = 1

),

last_scores as (

    select
        customer_id,
        as_of_on,
        max(case when survey_type = 'nps' then score end) as last_nps,
        max(case when survey_type = 'csat' then score / cast(score_max as double) end) as last_csat
    from last_answers
    group by customer_id, as_of_on

),

measured as (

    select
        customer_days.customer_id,
        customer_days.as_of_on,
        {%- for count in ['voice_365d', 'voice_departments_365d', 'warnings_unacted'] %}
        case when customer_days.is_crm_connected then coalesce(heard.{{ count }}, 0) end as {{ count }},
        {%- endfor %}
        heard.expectations_acted_365d
        / nullif(cast(heard.expectations_365d as double), 0) as expectations_acted_share_365d,
        case when customer_days.is_crm_connected then coalesce(heard.opportunities_open, 0) end as opportunities_open,
        case when customer_days.is_crm_connected then coalesce(asked.surveys_sent_365d, 0) end as surveys_sent_365d,
        last_scores.last_nps,
        last_scores.last_csat,
        asked.action_lag_days_365d
        / nullif(cast(asked.answers_365d as double), 0) as survey_action_lag_days_365d
    from customer_days
    left join heard
        on customer_days.customer_id = heard.customer_id
        and customer_days.as_of_on = heard.as_of_on
    left join asked
        on customer_days.customer_id = asked.customer_id
        and customer_days.as_of_on = asked.as_of_on
    left join last_scores
        on customer_days.customer_id = last_scores.customer_id
        and customer_days.as_of_on = last_scores.as_of_on

)

select * from measured
