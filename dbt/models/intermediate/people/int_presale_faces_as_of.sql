with

customer_days as (

    select * from {{ ref('int_customer_days') }}

),

arr as (

    select * from {{ ref('int_customer_arr_as_of') }}

),

touches as (

    select * from {{ ref('int_touches_classified') }}
    where employee_id is not null

),

-- Half a year after the win has to be over before anybody can say who stayed.
customers_half_a_year_on as (

    select
        customer_days.customer_id,
        customer_days.as_of_on,
        arr.customer_since_on
    from customer_days
    inner join arr
        on customer_days.customer_id = arr.customer_id
        and customer_days.as_of_on = arr.as_of_on
    where {{ add_days('arr.customer_since_on', 180) }} <= customer_days.as_of_on

),

wins as (

    select distinct
        customer_id,
        customer_since_on
    from customers_half_a_year_on

),

touches_around_wins as (

    select distinct
        wins.customer_id,
        wins.customer_since_on,
        touches.employee_id,
        touches.occurred_on < wins.customer_since_on as is_before,
        greatest(touches.occurred_on, touches.recorded_on) as known_from_on,
        touches.removed_on as known_until_on
    from wins
    inner join touches
        on wins.customer_id = touches.customer_id
        and touches.occurred_on
        between {{ add_days('wins.customer_since_on', -180) }} and {{ add_days('wins.customer_since_on', 180) }}

),

faces as (

    select
        customers_half_a_year_on.customer_id,
        customers_half_a_year_on.as_of_on,
        touches_around_wins.employee_id,
        max(case when touches_around_wins.is_before then 1 else 0 end) as was_there_before,
        max(case when touches_around_wins.is_before then 0 else 1 end) as was_there_after
    from customers_half_a_year_on
    inner join touches_around_wins
        on customers_half_a_year_on.customer_id = touches_around_wins.customer_id
        and customers_half_a_year_on.customer_since_on = touches_around_wins.customer_since_on
        and customers_half_a_year_on.as_of_on >= touches_around_wins.known_from_on
        and (
            touches_around_wins.known_until_on is null
            or customers_half_a_year_on.as_of_on < touches_around_wins.known_until_on
        )
    group by
        customers_half_a_year_on.customer_id,
        customers_half_a_year_on.as_of_on,
        touches_around_wins.employee_id

),

presale_faces as (

    select
        customer_id,
        as_of_on,
        cast(avg(was_there_after) as double) as presale_faces_kept
    from faces
    where was_there_before = 1
    group by customer_id, as_of_on

)

select * from presale_faces
