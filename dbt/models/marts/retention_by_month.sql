with

customers_as_of as (

    select * from {{ ref('int_customer_arr_as_of') }}
    where is_standing

),

terms as (

    select * from {{ ref('int_terms_as_of') }}

),

companies as (

    select * from {{ ref('int_companies') }}

),

costs as (

    select * from {{ ref('int_retention_costs_as_of') }}

),

segmented as (

    select
        customers_as_of.*,
        coalesce(companies.segment, 'unknown') as segment
    from customers_as_of
    left join companies
        on customers_as_of.customer_id = companies.company_id

),

due_terms as (

    select
        as_of_on,
        customer_id,
        count(case when outcome <> 'open' then 1 end) as renewals_decided,
        count(case when outcome in ('renewed', 'expanded', 'contracted') then 1 end) as renewals_kept,
        count(case when outcome = 'open' then 1 end) as renewals_overdue
    from terms
    where due_on between {{ add_months('month', '-11') }} and as_of_on
    group by
        as_of_on,
        customer_id

),

compared as (

    select
        segmented.month,
        segmented.as_of_on,
        segmented.segment,
        segmented.arr_12m_ago as arr_then,
        segmented.arr as arr_now,
        coalesce(due_terms.renewals_decided, 0) as renewals_decided,
        coalesce(due_terms.renewals_kept, 0) as renewals_kept,
        coalesce(due_terms.renewals_overdue, 0) as renewals_overdue
    from segmented
    left join due_terms
        on segmented.as_of_on = due_terms.as_of_on
        and segmented.customer_id = due_terms.customer_id

),

in_segments as (

    select * from compared
    union all
    select
        month,
        as_of_on,
        'all' as segment,
        arr_then,
        arr_now,
        renewals_decided,
        renewals_kept,
        renewals_overdue
    from compared
    union all
    -- A segment without customers can cost all the same.
    select
        month,
        as_of_on,
        segment,
        0 as arr_then,
        0 as arr_now,
        0 as renewals_decided,
        0 as renewals_kept,
        0 as renewals_overdue
    from costs

),

summed as (

    select
        month,
        as_of_on,
        segment,
        round(sum(arr_then), 2) as arr_start,
        round(sum(case when arr_now = 0 then arr_then else 0 end), 2) as arr_churned,
        round(sum(case when arr_now > 0 and arr_now < arr_then then arr_then - arr_now else 0 end), 2)
            as arr_contracted,
        round(sum(case when arr_then > 0 and arr_now > arr_then then arr_now - arr_then else 0 end), 2) as arr_expanded,
        round(sum(case when arr_then = 0 then arr_now else 0 end), 2) as arr_new,
        round(sum(arr_now), 2) as arr_end,
        round(sum(case when arr_now < arr_then then arr_now else arr_then end), 2) as arr_kept,
        round(sum(case when arr_then > 0 then arr_now else 0 end), 2) as arr_of_cohort,
        count(case when arr_then > 0 then 1 end) as customers_start,
        count(case when arr_then > 0 and arr_now > 0 then 1 end) as customers_kept,
        count(case when arr_then = 0 and arr_now > 0 then 1 end) as customers_new,
        sum(renewals_decided) as renewals_decided,
        sum(renewals_kept) as renewals_kept,
        sum(renewals_overdue) as renewals_overdue
    from in_segments
    group by
        month,
        as_of_on,
        segment

),

retention as (

    select
        summed.month,
        summed.segment,
        summed.as_of_on,
        summed.arr_start,
        summed.arr_churned,
        summed.arr_contracted,
        summed.arr_expanded,
        summed.arr_new,
        summed.arr_end,
        summed.arr_kept,
        case when summed.arr_start > 0 then summed.arr_kept / summed.arr_start end as grr,
        case when summed.arr_start > 0 then summed.arr_of_cohort / summed.arr_start end as nrr,
        case
            when summed.customers_start > 0 then cast(summed.customers_kept as double) / summed.customers_start
        end as logo_retention,
        case
            when summed.renewals_decided > 0 then cast(summed.renewals_kept as double) / summed.renewals_decided
        end as renewal_rate_12m,
        cast(summed.renewals_overdue as bigint) as renewals_overdue,
        summed.customers_start,
        summed.customers_kept,
        summed.customers_new,
        costs.acquisition_cost,
        costs.retention_cost,
        case when summed.customers_new > 0 then costs.acquisition_cost / summed.customers_new end
            as cost_per_new_customer,
        case when summed.customers_kept > 0 then costs.retention_cost / summed.customers_kept end
            as cost_per_kept_customer
    from summed
    left join costs
        on summed.as_of_on = costs.as_of_on
        and summed.segment = costs.segment

)

select * from retention
