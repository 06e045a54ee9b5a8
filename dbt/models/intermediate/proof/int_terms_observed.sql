with

terms as (

    select * from {{ ref('int_terms_as_of') }}
    where
        is_run_day
        and customer_id is not null

),

deals as (

    select * from {{ ref('int_deals') }}

),

companies as (

    select * from {{ ref('int_companies') }}

),

contracts as (

    select
        terms.contract_id,
        min(deals.recorded_on) as observed_from_on,
        -- Older than the data: a renewal that renews no term we know of is of a second term at the earliest.
        max(case when terms.term_number = 1 and terms.opened_by = 'renewal' then 1 else 0 end) as earlier_terms
    from terms
    inner join deals
        on terms.term_deal_id = deals.deal_id
    group by terms.contract_id

),

observed as (

    -- What was decided before anybody had recorded the contract is known of those alone that are still there.
    select
        terms.renewal_id,
        terms.contract_id,
        coalesce(companies.segment, 'unknown') as segment,
        terms.term_number + contracts.earlier_terms as term_number,
        terms.outcome <> 'open' as is_decided,
        terms.outcome = 'churned' as is_lost
    from terms
    inner join contracts
        on terms.contract_id = contracts.contract_id
    left join companies
        on terms.customer_id = companies.company_id
    where
        terms.decided_on is null
        or terms.decided_on >= contracts.observed_from_on

),

entered as (

    select
        observed.*,
        term_number > 1 and term_number = min(term_number) over (partition by contract_id) as is_late_entry
    from observed

)

select * from entered
