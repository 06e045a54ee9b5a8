{{ config(meta={'dagster': {'ref': {'name': 'int_terms_as_of'}}}) }}

select
    deals.deal_id,
    deals.as_of_on
from {{ ref('int_deals_as_of') }} as deals
left join {{ ref('int_terms_as_of') }} as terms
    on deals.as_of_on = terms.as_of_on
    and deals.deal_id = terms.term_deal_id
left join {{ ref('int_renewals_fitted_to_terms') }} as fitted_renewals
    on deals.as_of_on = fitted_renewals.as_of_on
    and deals.deal_id = fitted_renewals.deal_id
where
    deals.is_won
    and deals.deal_kind in ('new_business', 'renewal')
    and terms.term_deal_id is null
    and (fitted_renewals.fit is null or fitted_renewals.fit <> 'surplus')
