with

activities as (

    select * from {{ ref('int_activities_resolved_to_customers') }}

),

account_reviews as (

    select
        touch_id as account_review_id,
        customer_id,
        occurred_on,
        recorded_on,
        removed_on
    from activities
    where is_account_review

)

select * from account_reviews
