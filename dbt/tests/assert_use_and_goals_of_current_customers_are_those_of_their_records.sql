{{ config(meta={'dagster': {'ref': {'name': 'customer_lifecycle'}}}) }}

-- Two roads to what a customer uses and reaches: the measures as of the run's day, and the facts that stand now.
with

used as (
    select
        customer_id,
        month,
        sum(units_used) / nullif(sum(units_bought), 0) as utilization
    from {{ ref('product_usage') }}
    where units_used is not null and units_bought is not null
    group by customer_id, month
),

agreed as (
    select
        customer_id,
        count(case when status = 'active' then 1 end) as goals_active
    from {{ ref('success_goals') }}
    group by customer_id
)

select
    customers.customer_id,
    customers.utilization,
    used.utilization as utilization_by_record,
    customers.goals_active,
    agreed.goals_active as goals_active_by_record
from {{ ref('customer_lifecycle') }} as customers
left join used
    on customers.customer_id = used.customer_id
    and customers.month = used.month
left join agreed
    on customers.customer_id = agreed.customer_id
where
    abs(coalesce(customers.utilization, -1) - coalesce(used.utilization, -1)) > 0.000001
    or coalesce(customers.goals_active, 0) <> coalesce(agreed.goals_active, 0)
