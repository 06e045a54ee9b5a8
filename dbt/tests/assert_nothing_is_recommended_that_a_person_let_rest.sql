{{ config(meta={'dagster': {'ref': {'name': 'recommended_actions'}}}) }}

select
    actions.customer_id,
    actions.driver
from {{ ref('recommended_actions') }} as actions
inner join {{ ref('action_outcomes') }} as outcomes
    on actions.customer_id = outcomes.customer_id
    and actions.driver = outcomes.driver
where outcomes.is_resting
