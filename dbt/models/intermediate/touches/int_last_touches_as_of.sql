with

customer_days as (

    select * from {{ ref('int_customer_days') }}

),

touches as (

    select
        *,
        greatest(occurred_on, recorded_on) as counts_from_on
    from {{ ref('int_touches_classified') }}
    where customer_id is not null

),

account_reviews as (

    select * from {{ ref('int_account_reviews') }}
    where customer_id is not null

),

sellers as (

    select * from {{ ref('int_first_sellers_as_of') }}

),

-- What stands only ever adds up, so that one pass over the days finds the last touch before each.
days_of_standing_touches as (

    select
        customer_id,
        counts_from_on as day_on,
        false as is_as_of_day,
        max(occurred_on) as touched_on,
        max(case when substance = 'substantive' then occurred_on end) as touched_with_substance_on
    from touches
    where removed_on is null
    group by customer_id, counts_from_on

),

days as (

    select * from days_of_standing_touches

    union all

    select
        customer_id,
        as_of_on as day_on,
        true as is_as_of_day,
        cast(null as date) as touched_on,
        cast(null as date) as touched_with_substance_on
    from customer_days

),

days_with_last_touches as (

    select
        customer_id,
        day_on as as_of_on,
        max(touched_on) over (partition by customer_id order by day_on) as touched_on,
        max(touched_with_substance_on) over (partition by customer_id order by day_on) as touched_with_substance_on
    from days
    qualify is_as_of_day

),

touches_removed_later as (

    select
        customer_days.customer_id,
        customer_days.as_of_on,
        max(touches.occurred_on) as touched_on,
        max(case when touches.substance = 'substantive' then touches.occurred_on end) as touched_with_substance_on
    from customer_days
    inner join touches
        on customer_days.customer_id = touches.customer_id
        and customer_days.as_of_on >= touches.counts_from_on
        and customer_days.as_of_on < touches.removed_on
    group by customer_days.customer_id, customer_days.as_of_on

),

last_account_reviews as (

    select
        customer_days.customer_id,
        customer_days.as_of_on,
        max(account_reviews.occurred_on) as reviewed_on
    from customer_days
    inner join account_reviews
        on customer_days.customer_id = account_reviews.customer_id
        and customer_days.as_of_on >= account_reviews.occurred_on
        and customer_days.as_of_on >= account_reviews.recorded_on
        and (account_reviews.removed_on is null or customer_days.as_of_on < account_reviews.removed_on)
    group by customer_days.customer_id, customer_days.as_of_on

),

last_touches_of_sellers as (

    select
        sellers.customer_id,
        sellers.as_of_on,
        max(touches.occurred_on) as touched_by_seller_on
    from sellers
    inner join touches
        on sellers.customer_id = touches.customer_id
        and sellers.employee_id = touches.employee_id
        and sellers.as_of_on >= touches.counts_from_on
        and (touches.removed_on is null or sellers.as_of_on < touches.removed_on)
    group by sellers.customer_id, sellers.as_of_on

),

last_days as (

    select
        customer_days.customer_id,
        customer_days.as_of_on,
        greatest(days_with_last_touches.touched_on, touches_removed_later.touched_on) as touched_on,
        greatest(
            days_with_last_touches.touched_with_substance_on,
            touches_removed_later.touched_with_substance_on
        ) as touched_with_substance_on,
        last_account_reviews.reviewed_on,
        last_touches_of_sellers.touched_by_seller_on
    from customer_days
    left join days_with_last_touches
        on customer_days.customer_id = days_with_last_touches.customer_id
        and customer_days.as_of_on = days_with_last_touches.as_of_on
    left join touches_removed_later
        on customer_days.customer_id = touches_removed_later.customer_id
        and customer_days.as_of_on = touches_removed_later.as_of_on
    left join last_account_reviews
        on customer_days.customer_id = last_account_reviews.customer_id
        and customer_days.as_of_on = last_account_reviews.as_of_on
    left join last_touches_of_sellers
        on customer_days.customer_id = last_touches_of_sellers.customer_id
        and customer_days.as_of_on = last_touches_of_sellers.as_of_on

)

select * from last_days
