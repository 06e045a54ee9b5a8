with

run_day as (

    select as_of_on from {{ ref('int_as_of_days') }}
    where is_run_day

),

touches as (

    select * from {{ ref('int_touches_classified') }}

),

surveys as (

    select * from {{ ref('int_survey_responses') }}
    where is_newest

),

voice as (

    select * from {{ ref('int_voice_heard') }}

),

incidents as (

    select * from {{ ref('int_incidents') }}

),

terms as (

    select * from {{ ref('int_terms_as_of') }}

),

deals as (

    select * from {{ ref('int_deals') }}

),

goals as (

    select * from {{ ref('int_success_goals_known') }}
    where removed_at is not null
    qualify row_number() over (partition by success_goal_id order by known_from_on desc) = 1

),

assignments as (

    select * from {{ ref('int_assignments_as_of') }}
    where removed_at is not null
    qualify row_number() over (partition by assignment_id order by as_of_on desc) = 1

),

-- Terms are made of deals, and a chain of them may look different without the one that went: the last look counts.
removed_terms as (

    select
        terms.renewal_id,
        terms.customer_id,
        {{ start_of_day('terms.term_started_on') }} as occurred_at,
        terms.term_started_on,
        deals.recorded_at,
        deals.recorded_on,
        deals.removed_at,
        deals.removed_on,
        deals.source_system,
        deals.source_record_id
    from terms
    inner join deals
        on terms.term_deal_id = deals.deal_id
    where deals.removed_at is not null
    qualify row_number() over (partition by terms.renewal_id order by terms.as_of_on desc) = 1

),

removed as (

    select
        'touches' as fact_table,
        touch_id as id,
        customer_id,
        occurred_at,
        occurred_on,
        recorded_at,
        recorded_on,
        removed_at,
        removed_on,
        source_system,
        source_record_id
    from touches
    where removed_at is not null
    union all
    select
        'survey_responses' as fact_table,
        survey_response_id as id,
        customer_id,
        coalesce(sent_at, responded_at) as occurred_at,
        coalesce(sent_on, responded_on) as occurred_on,
        recorded_at,
        recorded_on,
        removed_at,
        removed_on,
        source_system,
        source_record_id
    from surveys
    where removed_at is not null
    union all
    select
        'voice_of_customer' as fact_table,
        voice_id as id,
        customer_id,
        heard_at as occurred_at,
        heard_on as occurred_on,
        recorded_at,
        recorded_on,
        removed_at,
        removed_on,
        source_system,
        source_record_id
    from voice
    where removed_at is not null
    union all
    select
        'quality_incidents' as fact_table,
        incident_id as id,
        customer_id,
        opened_at as occurred_at,
        opened_on as occurred_on,
        recorded_at,
        recorded_on,
        removed_at,
        removed_on,
        source_system,
        source_record_id
    from incidents
    where removed_at is not null
    union all
    select
        'renewals' as fact_table,
        renewal_id as id,
        customer_id,
        occurred_at,
        term_started_on as occurred_on,
        recorded_at,
        recorded_on,
        removed_at,
        removed_on,
        source_system,
        source_record_id
    from removed_terms
    union all
    select
        'success_goals' as fact_table,
        success_goal_id as id,
        customer_id,
        {{ start_of_day('agreed_on') }} as occurred_at,
        agreed_on as occurred_on,
        recorded_at,
        {{ day_of('recorded_at') }} as recorded_on,
        removed_at,
        removed_on,
        source_system,
        source_record_id
    from goals
    union all
    select
        'assignments' as fact_table,
        assignment_id as id,
        customer_id,
        started_at as occurred_at,
        started_on as occurred_on,
        recorded_at,
        started_on as recorded_on,
        removed_at,
        removed_on,
        source_system,
        source_record_id
    from assignments

),

removed_facts as (

    select
        removed.fact_table,
        removed.id,
        removed.customer_id,
        removed.occurred_at,
        removed.recorded_at,
        removed.removed_at,
        removed.source_system,
        removed.source_record_id
    from removed
    inner join run_day
        on removed.occurred_on <= run_day.as_of_on
        and removed.recorded_on <= run_day.as_of_on
        and removed.removed_on <= run_day.as_of_on

)

select * from removed_facts
