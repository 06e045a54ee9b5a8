with

decided_terms as (

    -- What is known on the day of the decision may know of it.
    select
        terms.*,
        least({{ add_days('due_on', '-90') }}, {{ add_days('decided_on', '-1') }}) as last_day
    from {{ ref('int_terms_as_of') }} as terms
    where
        is_run_day
        and outcome <> 'open'

),

customer_days as (

    select * from {{ ref('int_customer_days') }}

),

companies as (

    select * from {{ ref('int_companies') }}

),

assessed as (

    select
        decided_terms.renewal_id,
        decided_terms.customer_id,
        coalesce(companies.segment, 'unknown') as segment,
        decided_terms.term_number,
        decided_terms.due_on,
        decided_terms.decided_on,
        customer_days.month,
        customer_days.as_of_on,
        decided_terms.outcome = 'churned' as is_lost
    from decided_terms
    inner join customer_days
        on decided_terms.customer_id = customer_days.customer_id
        and customer_days.as_of_on
        = {{ add_days(date_month(add_days('decided_terms.last_day', '1')), '-1') }}
    left join companies
        on decided_terms.customer_id = companies.company_id

)

select * from assessed
