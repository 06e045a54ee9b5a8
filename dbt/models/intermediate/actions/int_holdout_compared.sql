with

terms as (

    select * from {{ ref('int_terms_as_of') }}
    where is_run_day

),

customers as (

    select * from {{ ref('int_customers_held_out') }}

),

decided_since as (

    select
        customers.is_held_out,
        terms.outcome <> 'churned' as is_retained
    from terms
    inner join customers
        on terms.customer_id = customers.customer_id
    where terms.decided_on >= {{ holdout_since_on() }}

),

counted as (

    select
        count(*) filter (where not is_held_out) as n_acted,
        count(*) filter (where not is_held_out and is_retained) as retained_acted,
        count(*) filter (where is_held_out) as n_held_out,
        count(*) filter (where is_held_out and is_retained) as retained_held_out
    from decided_since

),

rated as (

    select
        n_acted,
        retained_acted,
        retained_acted / nullif(cast(n_acted as double), 0) as rate_acted,
        {{ wilson_low('retained_acted', 'n_acted') }} as rate_acted_low,
        {{ wilson_high('retained_acted', 'n_acted') }} as rate_acted_high,
        n_held_out,
        retained_held_out,
        retained_held_out / nullif(cast(n_held_out as double), 0) as rate_held_out,
        {{ wilson_low('retained_held_out', 'n_held_out') }} as rate_held_out_low,
        {{ wilson_high('retained_held_out', 'n_held_out') }} as rate_held_out_high
    from counted

),

-- Bounds of a difference of two shares from those of the shares (Newcombe 1998, method 10), of use for a handful too.
compared as (

    select
        *,
        round(rate_acted - rate_held_out, 9) as difference,
        round(
            rate_acted - rate_held_out - sqrt(
                (rate_acted - rate_acted_low) * (rate_acted - rate_acted_low)
                + (rate_held_out_high - rate_held_out) * (rate_held_out_high - rate_held_out)
            ),
            9
        ) as difference_low,
        round(
            rate_acted - rate_held_out + sqrt(
                (rate_acted_high - rate_acted) * (rate_acted_high - rate_acted)
                + (rate_held_out - rate_held_out_low) * (rate_held_out - rate_held_out_low)
            ),
            9
        ) as difference_high
    from rated
    where {{ holdout_share() }} > 0

)

select * from compared
