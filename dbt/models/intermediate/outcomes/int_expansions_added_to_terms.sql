with

expansions as (

    select * from {{ ref('int_deals_as_of') }}
    where is_won and deal_kind = 'expansion'

),

terms as (

    select * from {{ ref('int_terms_chained_to_contracts') }}

),

added as (

    select
        expansions.deal_id,
        expansions.as_of_on,
        expansions.customer_id,
        expansions.close_on,
        expansions.arr,
        expansions.arr_original,
        expansions.currency,
        terms.renewal_id
    from expansions
    left join terms
        on expansions.as_of_on = terms.as_of_on
        and expansions.customer_id = terms.customer_id
        and expansions.close_on >= terms.term_started_on
        and (terms.run_until_on is null or expansions.close_on < terms.run_until_on)
    qualify
        row_number() over (
            partition by expansions.as_of_on, expansions.deal_id
            order by terms.term_started_on desc nulls last, lpad(terms.contract_id, 40, '0')
        ) = 1

)

select * from added
