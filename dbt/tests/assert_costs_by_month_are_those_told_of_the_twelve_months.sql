{{ config(meta={'dagster': {'ref': {'name': 'retention_by_month'}}}) }}

-- Two roads to what a year cost: by month and segment as known then, and the rows that stand now.
with

told as (
    select
        run_day.month,
        sum(retention_costs.acquisition_cost) as acquisition_cost,
        sum(retention_costs.retention_cost) as retention_cost
    from {{ ref('int_as_of_days') }} as run_day
    inner join {{ ref('retention_costs') }} as retention_costs
        on retention_costs.month >= {{ add_months('run_day.month', '-11') }}
    where run_day.is_run_day
    group by run_day.month
)

select
    told.month,
    told.acquisition_cost,
    retention.acquisition_cost as acquisition_cost_by_month,
    told.retention_cost,
    retention.retention_cost as retention_cost_by_month
from told
left join {{ ref('retention_by_month') }} as retention
    on told.month = retention.month
    and retention.segment = 'all'
where
    abs(coalesce(told.acquisition_cost, 0) - coalesce(retention.acquisition_cost, 0)) > 0.05
    or abs(coalesce(told.retention_cost, 0) - coalesce(retention.retention_cost, 0)) > 0.05
