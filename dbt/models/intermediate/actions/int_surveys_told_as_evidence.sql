{%- set evidence = {
    'surveys': 'true',
    'answers': 'is_answered',
    'unacted_answers': 'is_answered and acted_on_at is null',
    'last_nps_answer': "survey_type = 'nps' and is_last_score",
    'last_csat_answer': "survey_type = 'csat' and is_last_score",
} -%}

with

customers as (

    select * from {{ ref('int_customer_days') }}
    where is_run_day and churned_on is null

),

surveys as (

    select * from {{ ref('int_surveys_as_of') }}
    where is_run_day

),

facts as (

    select
        surveys.customer_id,
        surveys.survey_response_id as fact_id,
        coalesce(surveys.responded_on, surveys.sent_on) as happened_on,
        surveys.survey_type,
        surveys.responded_on is not null as is_answered,
        surveys.acted_on_at,
        surveys.score,
        surveys.score_max,
        surveys.comment,
        (
            surveys.responded_at is not null
            and surveys.score is not null
            and row_number() over (
                partition by
                    surveys.customer_id,
                    surveys.survey_type,
                    surveys.responded_at is null or surveys.score is null
                order by
                    surveys.responded_at desc,
                    length(surveys.survey_response_id) desc,
                    surveys.survey_response_id desc
            ) = 1
        ) as is_last_score,
        surveys.source_system,
        surveys.source_record_id,
        surveys.source_url
    from surveys
    inner join customers
        on surveys.customer_id = customers.customer_id

),

newest as (

    {{ newest_evidence('facts', 'survey', evidence) }}

),

told as (

    select
        evidence,
        kind,
        customer_id,
        'survey_responses' as fact_table,
        fact_id,
        happened_on,
        case
            when is_answered
                then 'their ' || {{ code_in_words('survey_type') }} || ' answer of '
                    || {{ day_in_words('happened_on') }}
                    || coalesce(
                        ' (' || {{ number_in_words('score', 0) }} || ' of ' || {{ number_in_words('score_max', 0) }}
                        || ')',
                        ''
                    )
                    || coalesce(': ' || {{ in_quotes(text_without_marks('comment')) }}, '')
            else
                'the ' || {{ code_in_words('survey_type') }} || ' survey of ' || {{ day_in_words('happened_on') }}
                || ', which nobody answered'
        end as words,
        false as is_overdue,
        source_system,
        source_record_id,
        source_url,
        position
    from newest

)

select * from told
