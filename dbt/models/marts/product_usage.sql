with

run_day as (

    select as_of_on from {{ ref('int_as_of_days') }}
    where is_run_day

),

product_usage as (

    select * from {{ ref('int_file_usage') }}

),

published as (

    select
        product_usage.product_usage_id,
        product_usage.customer_id,
        product_usage.product,
        product_usage.month,
        product_usage.units_bought,
        product_usage.units_used,
        product_usage.source_system,
        product_usage.source_record_id,
        product_usage.source_url,
        product_usage.recorded_at
    from product_usage
    inner join run_day
        on run_day.as_of_on >= product_usage.month
        and run_day.as_of_on >= product_usage.recorded_on
        and (product_usage.removed_on is null or run_day.as_of_on < product_usage.removed_on)

)

select * from published
