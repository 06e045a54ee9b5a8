with

product_usage as (

    select * from {{ ref('stg_files__product_usage') }}

),

companies as (

    select * from {{ ref('int_companies_resolved_to_customers') }}

),

resolved as (

    select
        product_usage.product_usage_id,
        companies.customer_id,
        product_usage.product,
        product_usage.month,
        product_usage.units_bought,
        product_usage.units_used,
        product_usage.source_system,
        product_usage.source_record_id,
        product_usage.source_url,
        product_usage.recorded_at,
        product_usage.recorded_on,
        product_usage.removed_on
    from product_usage
    left join companies
        on product_usage.customer_reference = companies.company_id
    where product_usage.removed_on is null or product_usage.recorded_on < product_usage.removed_on

)

select * from resolved
