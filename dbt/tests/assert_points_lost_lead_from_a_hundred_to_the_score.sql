{{ config(meta={'dagster': {'ref': {'name': 'health_points'}}}) }}

-- In decimals, so that nothing but equality will do.
with

points_lost as (

    select
        customer_id,
        month,
        100 - sum(cast(points_lost as decimal(38, 9))) as hundred_less_points_lost,
        max(case when state = 'known' and weight > 0 then 1 else 0 end) = 1 as is_known
    from {{ ref('health_points') }}
    group by customer_id, month

)

select
    months.customer_id,
    months.month,
    months.health_score,
    points_lost.hundred_less_points_lost
from {{ ref('customer_months') }} as months
left join points_lost
    on months.customer_id = points_lost.customer_id
    and months.month = points_lost.month
where
    cast(months.health_score as decimal(38, 9)) <> points_lost.hundred_less_points_lost
    or (months.health_score is null) = coalesce(points_lost.is_known, false)
    or months.health_floor > months.health_score
