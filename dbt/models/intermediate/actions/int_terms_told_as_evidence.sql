{%- set evidence = {
    'next_term': 'is_next',
} -%}

with

customers as (

    select * from {{ ref('int_customer_days') }}
    where is_run_day and churned_on is null

),

arr as (

    select * from {{ ref('int_customer_arr_as_of') }}
    where is_run_day

),

terms as (

    select * from {{ ref('int_terms_as_of') }}
    where is_run_day

),

deals as (

    select * from {{ ref('int_deals') }}

),

facts as (

    select
        terms.customer_id,
        terms.renewal_id as fact_id,
        terms.due_on as happened_on,
        terms.renewal_id = arr.next_renewal_id as is_next,
        deals.source_system,
        deals.source_record_id,
        deals.source_url
    from terms
    inner join customers
        on terms.customer_id = customers.customer_id
    inner join arr
        on terms.customer_id = arr.customer_id
    inner join deals
        on terms.term_deal_id = deals.deal_id

),

newest as (

    {{ newest_evidence('facts', 'renewal', evidence) }}

),

told as (

    select
        evidence,
        kind,
        customer_id,
        'renewals' as fact_table,
        fact_id,
        happened_on,
        'the renewal due on ' || {{ day_in_words('happened_on') }} as words,
        false as is_overdue,
        source_system,
        source_record_id,
        source_url,
        position
    from newest

)

select * from told
