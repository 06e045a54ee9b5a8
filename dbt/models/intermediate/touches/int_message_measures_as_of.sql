with

customer_days as (

    select
        *,
        {{ is_connected('crm') }} as is_crm_connected
    from {{ ref('int_customer_days') }}

),

touches as (

    select * from {{ ref('int_touches_in_last_year') }}
    where is_sales and days_ago < 180

),

deals as (

    select * from {{ ref('int_deals') }}

),

deals_as_of as (

    select * from {{ ref('int_deals_as_of') }}
    where customer_id is not null

),

owners as (

    select * from {{ ref('int_owners_resolved_to_employees') }}

),

pitches as (

    select
        customer_id,
        as_of_on,
        theme,
        employee_id
    from touches

    union all

    select
        deals_as_of.customer_id,
        deals_as_of.as_of_on,
        deals.offering as theme,
        owners.employee_id
    from deals_as_of
    inner join deals
        on deals_as_of.deal_id = deals.deal_id
    left join owners
        on deals_as_of.source_system = owners.source_system
        and deals_as_of.owner_id = owners.owner_id
    where {{ days_between('deals.recorded_on', 'deals_as_of.as_of_on') }} < 180

),

pitched as (

    select
        customer_id,
        as_of_on,
        count(distinct theme) as offerings_pitched_180d,
        count(distinct employee_id) as pitchers_180d
    from pitches
    group by customer_id, as_of_on

),

measured as (

    select
        customer_days.customer_id,
        customer_days.as_of_on,
        {%- for count in ['offerings_pitched_180d', 'pitchers_180d'] %}
        case when customer_days.is_crm_connected then coalesce(pitched.{{ count }}, 0) end as {{ count }}
        {{- ',' if not loop.last }}
        {%- endfor %}
    from customer_days
    left join pitched
        on customer_days.customer_id = pitched.customer_id
        and customer_days.as_of_on = pitched.as_of_on

)

select * from measured
