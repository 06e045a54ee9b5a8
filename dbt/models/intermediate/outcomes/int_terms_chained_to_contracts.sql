with

deals as (

    select * from {{ ref('int_deals_as_of') }}

),

fitted_renewals as (

    select * from {{ ref('int_renewals_fitted_to_terms') }}

),

term_deals as (

    select
        deals.*,
        fitted_renewals.term_deal_id as previous_deal_id
    from deals
    left join fitted_renewals
        on deals.as_of_on = fitted_renewals.as_of_on
        and deals.deal_id = fitted_renewals.deal_id
    where
        deals.is_won
        and (
            deals.deal_kind = 'new_business'
            or (deals.deal_kind = 'renewal' and fitted_renewals.fit <> 'surplus')
        )

),

deciding_deals as (

    select
        fitted_renewals.as_of_on,
        fitted_renewals.term_deal_id,
        deals.deal_id,
        deals.is_won,
        deals.is_lost,
        deals.starts_on,
        deals.close_on,
        deals.arr,
        deals.arr_original,
        deals.currency
    from fitted_renewals
    inner join deals
        on fitted_renewals.as_of_on = deals.as_of_on
        and fitted_renewals.deal_id = deals.deal_id
    where fitted_renewals.fit = 'renews_a_term'

),

steps_1 as (

    select
        as_of_on,
        deal_id,
        previous_deal_id as ancestor_deal_id,
        1 as terms_before
    from term_deals
    where previous_deal_id is not null

),
{#- Each step doubles the reach: six find the first of up to 64 terms, more than two lifetimes of yearly ones. #}
{%- for step in range(2, 8) %}

steps_{{ step }} as (

    select
        steps.as_of_on,
        steps.deal_id,
        coalesce(further.ancestor_deal_id, steps.ancestor_deal_id) as ancestor_deal_id,
        steps.terms_before + coalesce(further.terms_before, 0) as terms_before
    from steps_{{ step - 1 }} as steps
    left join steps_{{ step - 1 }} as further
        on steps.as_of_on = further.as_of_on
        and steps.ancestor_deal_id = further.deal_id

),
{%- endfor %}

chained as (

    select
        term_deals.as_of_on,
        term_deals.month,
        term_deals.is_run_day,
        term_deals.customer_id,
        coalesce(steps.ancestor_deal_id, term_deals.deal_id) as contract_id,
        cast(coalesce(steps.terms_before, 0) + 1 as bigint) as term_number,
        term_deals.deal_id as term_deal_id,
        term_deals.deal_kind as opened_by,
        term_deals.close_on as won_on,
        term_deals.starts_on as term_started_on,
        term_deals.ends_on as due_on,
        term_deals.notice_on as notice_due_on,
        term_deals.arr as base_arr,
        term_deals.arr_original as base_arr_original,
        term_deals.currency,
        deciding_deals.deal_id as renewal_deal_id,
        coalesce(deciding_deals.is_won, false) as is_renewed,
        coalesce(deciding_deals.is_lost, false) as is_lost,
        deciding_deals.deal_id is null
        and {{ days_between('term_deals.ends_on', 'term_deals.as_of_on') }} > 90 as is_lapsed,
        deciding_deals.starts_on as renewal_starts_on,
        deciding_deals.close_on as renewal_close_on,
        deciding_deals.arr as renewal_arr,
        deciding_deals.arr_original as renewal_arr_original,
        deciding_deals.currency as renewal_currency
    from term_deals
    left join steps_7 as steps
        on term_deals.as_of_on = steps.as_of_on
        and term_deals.deal_id = steps.deal_id
    left join deciding_deals
        on term_deals.as_of_on = deciding_deals.as_of_on
        and term_deals.deal_id = deciding_deals.term_deal_id

),

runs as (

    select
        contract_id || ':' || cast(term_number as {{ dbt.type_string() }}) as renewal_id,
        chained.*,
        case
            when is_renewed or is_lost then renewal_close_on
            when is_lapsed then {{ add_days('due_on', '90') }}
        end as decided_on,
        case
            when is_renewed then renewal_starts_on
            when is_lost then renewal_close_on
            when is_lapsed then {{ add_days('due_on', '90') }}
        end as run_until_on
    from chained

)

select * from runs
