with

customer_days as (

    select * from {{ ref('int_customer_days') }}
    where term_started_on is not null

),

touches as (

    select * from {{ ref('int_touches_known') }}
    where initiative in ('reactive', 'proactive')

),

counts as (

    select
        customer_days.customer_id,
        customer_days.as_of_on,
        count(*) as reactive_and_proactive_touches_term,
        count(*) filter (where touches.initiative = 'reactive') as reactive_touches_term
    from customer_days
    inner join touches
        on customer_days.customer_id = touches.customer_id
        and touches.occurred_on >= customer_days.term_started_on
        and touches.occurred_on <= customer_days.as_of_on
        and touches.known_from_on <= customer_days.as_of_on
        and (touches.known_until_on is null or touches.known_until_on > customer_days.as_of_on)
    group by customer_days.customer_id, customer_days.as_of_on

)

select * from counts
