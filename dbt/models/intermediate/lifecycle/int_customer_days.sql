with

as_of_days as (

    select * from {{ ref('int_as_of_days') }}

),

customers_as_of as (

    select * from {{ ref('int_customer_arr_as_of') }}

),

customer_days as (

    select
        customers_as_of.customer_id,
        as_of_days.as_of_on,
        as_of_days.month,
        as_of_days.is_run_day,
        customers_as_of.customer_since_on,
        customers_as_of.churned_on,
        customers_as_of.term_started_on
    from customers_as_of
    inner join as_of_days
        on customers_as_of.as_of_on = as_of_days.as_of_on
    where
        customers_as_of.is_standing
        and customers_as_of.customer_since_on is not null
        and (customers_as_of.churned_on is null or customers_as_of.churned_on >= as_of_days.month)

)

select * from customer_days
