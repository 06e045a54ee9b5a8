with

customers_at_ease as (

    select * from {{ ref('int_customers_with_nothing_overdue') }}

),

current_customers as (

    select * from {{ ref('customer_lifecycle') }}

),

survey_responses as (

    select * from {{ ref('survey_responses') }}

),

answers as (

    select
        customer_id,
        survey_response_id,
        score,
        {{ day_of('responded_at') }} as responded_on,
        source_url
    from survey_responses
    where survey_type = 'nps' and score is not null
    qualify row_number() over (
        partition by customer_id
        order by responded_at desc, length(survey_response_id) desc, survey_response_id desc
    ) = 1

),

-- What was said more than a year ago says little of today.
last_answers as (

    select
        answers.customer_id,
        answers.survey_response_id,
        answers.score,
        answers.responded_on,
        answers.source_url
    from answers
    inner join current_customers
        on answers.customer_id = current_customers.customer_id
        and {{ days_between('answers.responded_on', 'current_customers.as_of_on') }} < 365

),

-- Of nine and ten the inventors of the score say that they recommend; who said less has said so.
content as (

    select
        current_customers.*,
        last_answers.survey_response_id,
        last_answers.score as nps,
        last_answers.responded_on as nps_on,
        last_answers.source_url as survey_url
    from current_customers
    inner join customers_at_ease
        on current_customers.customer_id = customers_at_ease.customer_id
    left join last_answers
        on current_customers.customer_id = last_answers.customer_id
    where
        current_customers.lifecycle_stage in ('use', 'advocacy')
        and current_customers.open_incidents = 0
        and current_customers.is_quiet_after_complaint is not true
        and current_customers.warnings_unacted = 0
        and (last_answers.score is null or last_answers.score >= 9)

),

reasons as (

    select
        customer_id,
        'the CRM counts them among its advocates' as why
    from content
    where lifecycle_stage = 'advocacy'

    union all

    select
        customer_id,
        'would recommend us: ' || cast(cast(nps as integer) as {{ dbt.type_string() }}) || ' of 10 on '
        || cast(nps_on as {{ dbt.type_string() }}) as why
    from content
    where nps is not null

    union all

    select
        customer_id,
        'met every goal that was due' as why
    from content
    where goals_met_share = 1

    union all

    select
        customer_id,
        'expanded at the last renewal' as why
    from content
    where last_renewal_outcome = 'expanded'

),

reasons_of_customers as (

    select
        customer_id,
        count(*) as reasons,
        {{ ordered_texts('why', '; ') }} as why
    from reasons
    group by customer_id

),

ambassadors as (

    select
        content.customer_id,
        content.customer_name,
        content.segment,
        content.arr,
        content.customer_since_on,
        content.lifecycle_stage,
        reasons_of_customers.why,
        reasons_of_customers.reasons,
        content.nps,
        content.nps_on,
        content.goals_met_share,
        content.last_renewal_outcome,
        content.account_manager_id,
        content.csm_id,
        content.survey_response_id,
        content.survey_url,
        content.source_url
    from content
    inner join reasons_of_customers
        on content.customer_id = reasons_of_customers.customer_id

)

select * from ambassadors
