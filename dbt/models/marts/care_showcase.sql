with

-- Whole months: in one that has just begun nobody could be in touch yet.
period as (

    select
        as_of_on,
        {{ add_months(date_month(add_days('as_of_on', 1)), '-12') }} as first_month,
        {{ date_month(add_days('as_of_on', 1)) }} as next_month
    from {{ ref('int_as_of_days') }}
    where is_run_day

),

customer_months as (

    select
        customer_months.customer_id,
        coalesce(customer_months.segment, 'unknown') as segment,
        customer_months.month
    from {{ ref('customer_months') }} as customer_months
    inner join period
        on customer_months.month >= period.first_month
        and customer_months.month < period.next_month

),

customers as (

    select * from {{ ref('customers') }}

),

touches as (

    select * from {{ ref('touches') }}
    where customer_id is not null

),

incidents as (

    select * from {{ ref('quality_incidents') }}

),

members as (

    select distinct
        customer_months.customer_id,
        customer_months.segment,
        customers.customer_since_on
    from customer_months
    inner join customers
        on customer_months.customer_id = customers.customer_id

),

-- What the customer says to us is no care of ours, and what came before the sale is no care after it.
substantive_touches as (

    select
        touches.customer_id,
        touches.occurred_on,
        {{ date_month('touches.occurred_on') }} as month
    from touches
    inner join customers
        on touches.customer_id = customers.customer_id
        and touches.occurred_on >= customers.customer_since_on
    where touches.substance = 'substantive' and touches.direction = 'outbound'

),

months_in_touch as (

    select distinct
        customer_id,
        month
    from substantive_touches

),

months_counted as (

    select
        customer_months.segment,
        count(*) as customer_months,
        count(months_in_touch.month) as months_in_touch
    from customer_months
    left join months_in_touch
        on customer_months.customer_id = months_in_touch.customer_id
        and customer_months.month = months_in_touch.month
    group by customer_months.segment

),

-- Who was won before the first touch on record may have been looked after unseen.
members_seen_from_the_win as (

    select
        members.segment,
        members.customer_id,
        members.customer_since_on
    from members
    cross join (select min(occurred_on) as first_on from touches) as records
    where members.customer_since_on >= records.first_on

),

first_touches as (

    select
        members_seen_from_the_win.segment,
        members_seen_from_the_win.customer_id,
        members_seen_from_the_win.customer_since_on,
        min(substantive_touches.occurred_on) as first_touch_on
    from members_seen_from_the_win
    left join substantive_touches
        on members_seen_from_the_win.customer_id = substantive_touches.customer_id
    group by
        members_seen_from_the_win.segment,
        members_seen_from_the_win.customer_id,
        members_seen_from_the_win.customer_since_on

),

-- Who still waits has waited so far.
waits as (

    select
        first_touches.segment,
        count(*) as customers_won,
        cast(median({{ days_between(
            'first_touches.customer_since_on', 'coalesce(first_touches.first_touch_on, period.as_of_on)'
        ) }}) as double) as days_to_first_substantive_touch
    from first_touches
    cross join period
    group by first_touches.segment

),

promises as (

    select
        customer_id,
        {{ day_of('first_response_due_at') }} as due_on,
        first_response_kept as is_kept
    from incidents

    union all

    select
        customer_id,
        {{ day_of('resolution_due_at') }} as due_on,
        resolution_kept as is_kept
    from incidents

),

promises_counted as (

    select
        members.segment,
        count(distinct members.customer_id) as customers_promised,
        count(*) as promises_due,
        count(*) filter (where promises.is_kept) as promises_kept
    from promises
    inner join members
        on promises.customer_id = members.customer_id
        and promises.due_on >= members.customer_since_on
    inner join period
        on promises.due_on >= period.first_month
        and promises.due_on < period.next_month
    where promises.is_kept is not null
    group by members.segment

),

surprises_counted as (

    select
        customer_months.segment,
        count(*) as surprises
    from incidents
    inner join customers
        on incidents.customer_id = customers.customer_id
        and incidents.opened_on >= customers.customer_since_on
    inner join customer_months
        on incidents.customer_id = customer_months.customer_id
        and {{ date_month('incidents.opened_on') }} = customer_months.month
    where incidents.is_surprise
    group by customer_months.segment

),

groups as (

    select
        segment,
        count(*) as customers
    from members
    group by segment
    having count(*) >= {{ var('smallest_group') }}

),

showcase as (

    select
        groups.segment,
        period.as_of_on,
        groups.customers,
        case
            when waits.customers_won >= {{ var('smallest_group') }} then waits.days_to_first_substantive_touch
        end as days_to_first_substantive_touch,
        cast(months_counted.months_in_touch as double) / months_counted.customer_months as months_in_touch_share,
        case
            when promises_counted.customers_promised >= {{ var('smallest_group') }}
                then cast(promises_counted.promises_kept as double) / promises_counted.promises_due
        end as promises_kept_rate,
        case
            when {{ is_connected('ticketing') }}
                then 100.0 * coalesce(surprises_counted.surprises, 0) / months_counted.customer_months
        end as surprises_per_100_customer_months
    from groups
    cross join period
    inner join months_counted
        on groups.segment = months_counted.segment
    left join waits
        on groups.segment = waits.segment
    left join promises_counted
        on groups.segment = promises_counted.segment
    left join surprises_counted
        on groups.segment = surprises_counted.segment

)

select * from showcase
