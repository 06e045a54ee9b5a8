with

customers as (

    select distinct customer_id
    from {{ ref('int_companies_resolved_to_customers') }}
    where customer_id is not null

),

-- The first 32 bits of a hash lie evenly from 0 to 1, and the same for a customer whatever the share: as it grows,
-- customers join those held out and none leaves them.
held_out as (

    select
        customer_id,
        '0' || substr({{ dbt.hash('customer_id') }}, 1, 8) < '{{ "%09x" % ((holdout_share() * 2 ** 32) | int) }}' as is_held_out
    from customers

)

select * from held_out
