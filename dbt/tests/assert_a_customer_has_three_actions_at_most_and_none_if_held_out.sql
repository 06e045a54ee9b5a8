{{ config(meta={'dagster': {'ref': {'name': 'recommended_actions'}}}) }}

select
    actions.customer_id,
    count(*) as actions,
    bool_or(held_out.is_held_out) as is_held_out
from {{ ref('recommended_actions') }} as actions
left join {{ ref('int_customers_held_out') }} as held_out
    on actions.customer_id = held_out.customer_id
group by actions.customer_id
having
    count(*) > 3
    or bool_or(held_out.is_held_out)
