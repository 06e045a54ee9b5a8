with

customers as (

    select * from {{ ref('int_customer_days') }}
    where is_run_day and churned_on is null

),

product_usage as (

    select * from {{ ref('int_file_usage') }}
    where units_bought is not null and units_used is not null

),

facts as (

    select
        product_usage.customer_id,
        product_usage.product_usage_id as fact_id,
        product_usage.month as happened_on,
        product_usage.product,
        product_usage.units_bought,
        product_usage.units_used,
        product_usage.source_system,
        product_usage.source_record_id,
        product_usage.source_url
    from product_usage
    inner join customers
        on product_usage.customer_id = customers.customer_id
        and product_usage.month <= customers.as_of_on
        and product_usage.recorded_on <= customers.as_of_on
        and (product_usage.removed_on is null or product_usage.removed_on > customers.as_of_on)

),

newest as (

    {{ newest_evidence('facts', 'usage') }}

),

told as (

    select
        evidence,
        kind,
        customer_id,
        'product_usage' as fact_table,
        fact_id,
        happened_on,
        {{ number_in_words('units_used') }} || ' of ' || {{ number_in_words('units_bought') }}
        || coalesce(' of ' || product, '') || ' in the month from ' || {{ day_in_words('happened_on') }} as words,
        false as is_overdue,
        source_system,
        source_record_id,
        source_url,
        position
    from newest

)

select * from told
