with

deals as (

    select * from {{ ref('int_deals_as_of') }}
    where is_won and deal_kind = 'new_business' and customer_id is not null

),

spells as (

    select * from {{ ref('int_role_spells_as_of') }}
    where role = 'seller' and is_ended_by_close

),

first_wins as (

    select * from deals
    qualify row_number() over (partition by customer_id, as_of_on order by close_on, deal_order) = 1

),

first_sellers as (

    select
        first_wins.customer_id,
        first_wins.as_of_on,
        spells.employee_id
    from first_wins
    inner join spells
        on first_wins.deal_id = spells.deal_id
        and first_wins.as_of_on = spells.as_of_on

)

select * from first_sellers
