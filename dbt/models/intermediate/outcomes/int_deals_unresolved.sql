with

deals as (

    select * from {{ ref('int_deals') }}

),

fitted_renewals as (

    select * from {{ ref('int_renewals_fitted_to_terms') }}
    where
        fit in ('fits_no_term', 'surplus')
        and customer_id is not null

),

lone_expansions as (

    select * from {{ ref('int_expansions_added_to_terms') }}
    where
        renewal_id is null
        and customer_id is not null

),

as_of_days as (

    select * from {{ ref('int_as_of_days') }}
    where is_run_day

),

known_deals as (

    select * from {{ ref('int_deals_as_of') }}
    where is_run_day

),

reasons as (

    select
        fitted_renewals.deal_id,
        case
            when known_deals.is_won and fitted_renewals.fit = 'surplus'
                then 'a better renewal deal took the only terms that this won one fits: it opens none'
            when known_deals.is_won
                then 'won renewal within 60 days of no term of the customer: it opens a contract of its own'
            else 'renewal deal within 60 days of no term of the customer'
        end as reason
    from fitted_renewals
    inner join known_deals
        on fitted_renewals.as_of_on = known_deals.as_of_on
        and fitted_renewals.deal_id = known_deals.deal_id
    union all
    select
        lone_expansions.deal_id,
        'won expansion on a day when no term of the customer was running: it adds to none' as reason
    from lone_expansions
    inner join as_of_days
        on lone_expansions.as_of_on = as_of_days.as_of_on

),

unresolved as (

    select
        deals.source_system,
        deals.source_object,
        deals.source_record_id,
        'contract_term' as reference_object,
        cast(null as {{ dbt.type_string() }}) as reference,
        reasons.reason,
        deals.first_landed_at as first_seen_at,
        deals.last_landed_at as last_seen_at
    from reasons
    inner join deals
        on reasons.deal_id = deals.deal_id

)

select * from unresolved
