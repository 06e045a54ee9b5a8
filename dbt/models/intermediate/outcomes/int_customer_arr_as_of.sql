with

terms as (

    select
        terms_as_of.*,
        outcome = 'open' and due_on <= {{ add_months('as_of_on', '12') }} as is_due_in_12m
    from {{ ref('int_terms_as_of') }} as terms_as_of
    where customer_id is not null

),

companies as (

    select * from {{ ref('int_companies') }}

),

contract_ends as (

    -- A renewal can be lost before its term has begun; the contract has then run until that beginning.
    select
        as_of_on,
        contract_id,
        case when run_until_on < term_started_on then term_started_on else run_until_on end as ended_on
    from terms
    qualify row_number() over (partition by as_of_on, contract_id order by term_number desc) = 1

),

summed as (

    select
        terms.customer_id,
        terms.as_of_on,
        terms.month,
        terms.is_run_day,
        min(case when terms.opened_by = 'new_business' then terms.won_on end) as customer_since_on,
        round({{ exact_sum('terms.arr') }}, 2) as arr,
        round({{ exact_sum('terms.arr_year_before') }}, 2) as arr_12m_ago,
        case
            when bool_or(terms.is_due_in_12m)
                then round({{ exact_sum('case when terms.is_due_in_12m then terms.arr_due end') }}, 2)
            else 0.0
        end as arr_due_12m,
        count(case when terms.is_running then 1 end) as contracts_running,
        max(case when contract_ends.ended_on <= terms.as_of_on then contract_ends.ended_on end) as last_ended_on
    from terms
    inner join contract_ends
        on terms.as_of_on = contract_ends.as_of_on
        and terms.contract_id = contract_ends.contract_id
    group by
        terms.customer_id,
        terms.as_of_on,
        terms.month,
        terms.is_run_day

),

next_terms as (

    select * from terms
    where outcome = 'open'
    qualify
        row_number() over (
            partition by as_of_on, customer_id
            order by due_on, lpad(contract_id, 40, '0'), term_number
        ) = 1

),

running_terms as (

    select * from terms
    where is_running

),

last_decided_terms as (

    select * from terms
    where decided_on is not null
    qualify
        row_number() over (
            partition by as_of_on, customer_id
            order by decided_on desc, due_on desc, lpad(contract_id, 40, '0') desc, term_number desc
        ) = 1

),

customers_as_of as (

    select
        summed.customer_id,
        summed.as_of_on,
        summed.month,
        summed.is_run_day,
        (companies.removed_on is null or companies.removed_on > summed.as_of_on)
        and not coalesce(companies.was_removed_at_first_load, false) as is_standing,
        summed.customer_since_on,
        case when summed.contracts_running = 0 then summed.last_ended_on end as churned_on,
        summed.arr,
        summed.arr_12m_ago,
        summed.arr_due_12m,
        summed.contracts_running,
        next_terms.renewal_id as next_renewal_id,
        next_terms.due_on as next_renewal_on,
        next_terms.notice_due_on,
        running_terms.term_number,
        running_terms.term_started_on,
        last_decided_terms.outcome as last_renewal_outcome
    from summed
    left join companies
        on summed.customer_id = companies.company_id
    left join next_terms
        on summed.as_of_on = next_terms.as_of_on
        and summed.customer_id = next_terms.customer_id
    left join running_terms
        on next_terms.as_of_on = running_terms.as_of_on
        and next_terms.contract_id = running_terms.contract_id
    left join last_decided_terms
        on summed.as_of_on = last_decided_terms.as_of_on
        and summed.customer_id = last_decided_terms.customer_id

)

select * from customers_as_of
