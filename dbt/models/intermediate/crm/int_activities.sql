with

calls as (
    select * from {{ ref('stg_hubspot__calls') }}
),

meetings as (
    select * from {{ ref('stg_hubspot__meetings') }}
),

emails as (
    select * from {{ ref('stg_hubspot__emails') }}
),

communications as (
    select * from {{ ref('stg_hubspot__communications') }}
),

notes as (
    select * from {{ ref('stg_hubspot__notes') }}
),

feedback_submissions as (
    select * from {{ ref('int_feedback_submissions') }}
),

-- Whoever answers a survey gets in touch by it.
answers as (
    select
        survey_response_id as touch_id,
        responded_at as occurred_at,
        responded_on as occurred_on,
        'survey' as activity,
        cast(null as {{ dbt.type_string() }}) as activity_type,
        cast(null as {{ dbt.type_string() }}) as title,
        comment as body,
        cast(null as {{ dbt.type_string() }}) as owner_id,
        'inbound' as direction,
        false as is_held,
        true as is_touch,
        false as is_account_review,
        cast(null as double) as duration_minutes,
        cast(null as double) as customer_talk_share,
        cast(null as {{ dbt.type_string() }}) as offering,
        company_record_id,
        deal_record_ids,
        contact_record_ids,
        source_system,
        source_object,
        source_record_id,
        source_url,
        recorded_at,
        recorded_on,
        removed_at,
        removed_on,
        was_removed_at_first_load,
        first_landed_at,
        last_landed_at
    from feedback_submissions
),

unioned as (
    select * from calls
    union all
    select * from meetings
    union all
    select * from emails
    union all
    select * from communications
    union all
    select * from notes
    union all
    select * from answers
)

select * from unioned
