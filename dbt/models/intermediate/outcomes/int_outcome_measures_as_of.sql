with

customer_days as (

    select
        *,
        {{ is_read('success_goals') }} as are_goals_read
    from {{ ref('int_customer_days') }}

),

product_usage as (

    select * from {{ ref('int_file_usage') }}

),

goals as (

    select * from {{ ref('int_success_goals_as_of') }}

),

months_compared as (

    select
        customer_id,
        as_of_on,
        month as used_in_month,
        false as is_before
    from customer_days

    union all

    select
        customer_id,
        as_of_on,
        {{ add_months('month', '-3') }} as used_in_month,
        true as is_before
    from customer_days

),

-- What was bought of a product whose use nobody told says nothing about utilization, nor the other way round.
utilizations as (

    select
        months_compared.customer_id,
        months_compared.as_of_on,
        months_compared.is_before,
        {{ exact_sum('product_usage.units_used') }}
        / nullif({{ exact_sum('product_usage.units_bought') }}, 0) as utilization
    from months_compared
    inner join product_usage
        on months_compared.customer_id = product_usage.customer_id
        and months_compared.used_in_month = product_usage.month
        and months_compared.as_of_on >= product_usage.recorded_on
        and (product_usage.removed_on is null or months_compared.as_of_on < product_usage.removed_on)
    where product_usage.units_used is not null and product_usage.units_bought is not null
    group by
        months_compared.customer_id,
        months_compared.as_of_on,
        months_compared.is_before

),

-- A goal whose day is past and that nobody has called met is not met, whatever it is called.
goals_counted as (

    select
        customer_id,
        as_of_on,
        count(*) filter (where status = 'active') as goals_active,
        count(*) filter (where status = 'met') as goals_met,
        count(*) filter (
            where status in ('met', 'missed') or (status = 'active' and due_on <= as_of_on)
        ) as goals_due
    from goals
    group by customer_id, as_of_on

),

measured as (

    select
        customer_days.customer_id,
        customer_days.as_of_on,
        utilizations.utilization,
        utilizations.utilization - utilizations_before.utilization as utilization_change_90d,
        case when customer_days.are_goals_read then coalesce(goals_counted.goals_active, 0) end as goals_active,
        goals_counted.goals_met / nullif(cast(goals_counted.goals_due as double), 0) as goals_met_share
    from customer_days
    left join utilizations
        on customer_days.customer_id = utilizations.customer_id
        and customer_days.as_of_on = utilizations.as_of_on
        and not utilizations.is_before
    left join utilizations as utilizations_before
        on customer_days.customer_id = utilizations_before.customer_id
        and customer_days.as_of_on = utilizations_before.as_of_on
        and utilizations_before.is_before
    left join goals_counted
        on customer_days.customer_id = goals_counted.customer_id
        and customer_days.as_of_on = goals_counted.as_of_on

)

select * from measured
