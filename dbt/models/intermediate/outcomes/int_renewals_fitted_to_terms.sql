{%- set edge = 'as_of_on, customer_id, deal_id, deal_order, is_won, standing, term_deal_id, term_order, distance' -%}
{%- set nearest_term = 'partition by as_of_on, deal_id order by distance, term_order' -%}
{%- set best_deal = 'partition by as_of_on, term_deal_id order by standing, distance, deal_order' -%}

with

deals as (

    select * from {{ ref('int_deals_as_of') }}

),

terms as (

    select * from deals
    where is_won and deal_kind in ('new_business', 'renewal')

),

renewals as (

    select
        deals.*,
        case when is_won then 1 when is_lost then 3 else 2 end as standing
    from deals
    where deal_kind = 'renewal'

),

edges as (

    select
        renewals.as_of_on,
        renewals.customer_id,
        renewals.deal_id,
        renewals.deal_order,
        renewals.is_won,
        renewals.standing,
        terms.deal_id as term_deal_id,
        terms.deal_order as term_order,
        abs({{ days_between(add_days('terms.ends_on', '1'), 'renewals.starts_on') }}) as distance
    from renewals
    inner join terms
        on renewals.as_of_on = terms.as_of_on
        and renewals.customer_id = terms.customer_id
        and renewals.starts_on > terms.starts_on
        and renewals.starts_on between {{ add_days('terms.ends_on', '-59') }} and {{ add_days('terms.ends_on', '61') }}

),

counted as (

    select
        edges.*,
        count(*) over (partition by as_of_on, deal_id) as terms_of_deal,
        count(*) over (partition by as_of_on, term_deal_id) as deals_of_term
    from edges

),

weighed as (

    -- Nearly every customer has one deal for one term: only where there is a choice need it be made.
    select
        counted.*,
        max(terms_of_deal) over (partition by as_of_on, customer_id) > 1
        or max(deals_of_term) over (partition by as_of_on, customer_id) > 1 as is_contested
    from counted

),

{#- A won deal that lost its term to a better one opens no term, so no later deal may renew it: the choice is made
    twice, the second time without those. #}
{%- for pass in [1, 2] %}

edges_{{ pass }} as (

    select weighed.*
    from weighed
    {%- if pass > 1 %}
    left join surplus_{{ pass - 1 }} as surplus_deals
        on weighed.as_of_on = surplus_deals.as_of_on
        and weighed.deal_id = surplus_deals.deal_id
    left join surplus_{{ pass - 1 }} as surplus_terms
        on weighed.as_of_on = surplus_terms.as_of_on
        and weighed.term_deal_id = surplus_terms.deal_id
    {%- endif %}
    where
        weighed.is_contested
        {%- if pass > 1 %}
        and surplus_deals.deal_id is null
        and surplus_terms.deal_id is null
        {%- endif %}

),

nearest_{{ pass }} as (

    select * from edges_{{ pass }}
    qualify row_number() over ({{ nearest_term }}) = 1

),

fits_{{ pass }}_0 as (

    select {{ edge }} from nearest_{{ pass }}
    qualify row_number() over ({{ best_deal }}) = 1

),

left_over_{{ pass }}_0 as (

    -- A deal that was beaten goes on to a term as near as the first; to a farther one only if no better standing
    -- beat it: a lost deal beside a won one was superseded, it does not lose another contract.
    select
        edges.as_of_on,
        edges.customer_id,
        edges.deal_id,
        edges.deal_order,
        edges.is_won,
        edges.standing,
        edges.term_deal_id,
        edges.term_order,
        edges.distance
    from edges_{{ pass }} as edges
    inner join nearest_{{ pass }} as nearest
        on edges.as_of_on = nearest.as_of_on
        and edges.deal_id = nearest.deal_id
    inner join fits_{{ pass }}_0 as winners
        on nearest.as_of_on = winners.as_of_on
        and nearest.term_deal_id = winners.term_deal_id
        and nearest.deal_id <> winners.deal_id
    left join fits_{{ pass }}_0 as taken
        on edges.as_of_on = taken.as_of_on
        and edges.term_deal_id = taken.term_deal_id
    where
        taken.deal_id is null
        and (edges.distance = nearest.distance or nearest.standing = winners.standing)

),
{%- for round in [1, 2, 3] %}

preferred_{{ pass }}_{{ round }} as (

    select
        left_over.*,
        row_number() over ({{ nearest_term }}) as preference
    from left_over_{{ pass }}_{{ round - 1 }} as left_over

),

placed_{{ pass }}_{{ round }} as (

    select
        as_of_on,
        deal_id,
        row_number() over ({{ best_deal }}) as place
    from preferred_{{ pass }}_{{ round }}
    where preference = 1

),

fits_{{ pass }}_{{ round }} as (

    -- The second best of the deals for one term takes its own second choice, and so on: equal contracts pair up.
    select preferred.*
    from preferred_{{ pass }}_{{ round }} as preferred
    inner join placed_{{ pass }}_{{ round }} as placed
        on preferred.as_of_on = placed.as_of_on
        and preferred.deal_id = placed.deal_id
        and preferred.preference = placed.place
    qualify
        row_number() over (
            partition by preferred.as_of_on, preferred.term_deal_id
            order by preferred.standing, preferred.distance, preferred.deal_order
        ) = 1

),

left_over_{{ pass }}_{{ round }} as (

    select left_over.*
    from left_over_{{ pass }}_{{ round - 1 }} as left_over
    left join fits_{{ pass }}_{{ round }} as fitted_deals
        on left_over.as_of_on = fitted_deals.as_of_on
        and left_over.deal_id = fitted_deals.deal_id
    left join fits_{{ pass }}_{{ round }} as fitted_terms
        on left_over.as_of_on = fitted_terms.as_of_on
        and left_over.term_deal_id = fitted_terms.term_deal_id
    where
        fitted_deals.deal_id is null
        and fitted_terms.deal_id is null

),
{%- endfor %}

fits_{{ pass }} as (

    select as_of_on, deal_id, term_deal_id from fits_{{ pass }}_0
    {%- for round in [1, 2, 3] %}
    union all
    select as_of_on, deal_id, term_deal_id from fits_{{ pass }}_{{ round }}
    {%- endfor %}

),

surplus_{{ pass }} as (

    select distinct
        edges.as_of_on,
        edges.deal_id
    from edges_{{ pass }} as edges
    left join fits_{{ pass }} as fits
        on edges.as_of_on = fits.as_of_on
        and edges.deal_id = fits.deal_id
    where
        edges.is_won
        and fits.deal_id is null

),
{%- endfor %}

fits as (

    select as_of_on, deal_id, term_deal_id from weighed
    where not is_contested
    union all
    select as_of_on, deal_id, term_deal_id from fits_2

),

deals_near_a_term as (

    select distinct as_of_on, deal_id from edges

),

fitted as (

    select
        renewals.deal_id,
        renewals.as_of_on,
        renewals.customer_id,
        renewals.standing,
        fits.term_deal_id,
        case
            when fits.term_deal_id is not null then 'renews_a_term'
            when surplus.deal_id is not null then 'surplus'
            when not renewals.is_won and deals_near_a_term.deal_id is not null then 'superseded'
            else 'fits_no_term'
        end as fit
    from renewals
    left join fits
        on renewals.as_of_on = fits.as_of_on
        and renewals.deal_id = fits.deal_id
    left join surplus_1 as surplus
        on renewals.as_of_on = surplus.as_of_on
        and renewals.deal_id = surplus.deal_id
    left join deals_near_a_term
        on renewals.as_of_on = deals_near_a_term.as_of_on
        and renewals.deal_id = deals_near_a_term.deal_id

)

select * from fitted
