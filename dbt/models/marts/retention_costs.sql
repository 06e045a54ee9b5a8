with

run_day as (

    select as_of_on from {{ ref('int_as_of_days') }}
    where is_run_day

),

costs as (

    select * from {{ ref('int_file_costs') }}

),

published as (

    select
        costs.retention_cost_id,
        costs.customer_id,
        costs.segment,
        costs.month,
        costs.acquisition_cost,
        costs.retention_cost,
        costs.acquisition_cost_original,
        costs.retention_cost_original,
        costs.currency,
        costs.source_system,
        costs.source_record_id,
        costs.source_url,
        costs.recorded_at
    from costs
    inner join run_day
        on run_day.as_of_on >= costs.month
        and run_day.as_of_on >= costs.recorded_on
        and (costs.removed_on is null or run_day.as_of_on < costs.removed_on)

)

select * from published
