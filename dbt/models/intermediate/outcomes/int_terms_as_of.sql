with

terms as (

    select
        chained.*,
        {{ add_days(add_months('month', '-11'), '-1') }} as year_before_on,
        case when due_on < as_of_on then due_on else as_of_on end as arr_due_on
    from {{ ref('int_terms_chained_to_contracts') }} as chained

),

expansions as (

    select * from {{ ref('int_expansions_added_to_terms') }}
    where renewal_id is not null

),

expanded as (

    select
        terms.renewal_id,
        terms.as_of_on,
        {{ exact_sum('expansions.arr') }} as arr,
        {{ exact_sum('case when expansions.close_on <= terms.year_before_on then expansions.arr end') }}
            as arr_year_before,
        {{ exact_sum('case when expansions.close_on <= terms.arr_due_on then expansions.arr end') }} as arr_due,
        {{ exact_sum('case when expansions.close_on <= terms.arr_due_on then expansions.arr_original end') }}
            as arr_due_original,
        bool_or(expansions.close_on <= terms.arr_due_on and expansions.currency <> terms.currency) as is_mixed
    from terms
    inner join expansions
        on terms.as_of_on = expansions.as_of_on
        and terms.renewal_id = expansions.renewal_id
    group by terms.renewal_id, terms.as_of_on

),

summed as (

    select
        terms.*,
        coalesce(expanded.is_mixed, false) as is_mixed,
        term_started_on <= terms.as_of_on and (run_until_on is null or run_until_on > terms.as_of_on) as is_running,
        term_started_on <= year_before_on and (run_until_on is null or run_until_on > year_before_on) as was_running,
        -- A term whose deal names no amount has the ARR of its expansions; with none of those it is unknown, not 0.
        coalesce(base_arr + coalesce(expanded.arr, 0), expanded.arr) as running_arr,
        coalesce(base_arr + coalesce(expanded.arr_year_before, 0), expanded.arr_year_before) as running_arr_year_before,
        round(coalesce(base_arr + coalesce(expanded.arr_due, 0), expanded.arr_due), 2) as arr_due,
        round(coalesce(base_arr_original + coalesce(expanded.arr_due_original, 0), expanded.arr_due_original), 2)
            as own_arr_due
    from terms
    left join expanded
        on terms.as_of_on = expanded.as_of_on
        and terms.renewal_id = expanded.renewal_id

),

compared as (

    select
        summed.*,
        case when not is_mixed then own_arr_due end as arr_due_original,
        case
            when is_renewed then round(renewal_arr, 2)
            when decided_on is not null then 0.0
        end as arr_after,
        case
            when is_renewed and renewal_currency = currency then renewal_arr_original
            when is_renewed then null
            when decided_on is not null then 0.0
        end as arr_after_original,
        not is_mixed and renewal_currency = currency as is_in_one_currency
    from summed

),

measured as (

    select
        compared.*,
        case when is_in_one_currency then arr_due_original else arr_due end as compared_due,
        case when is_in_one_currency then arr_after_original else arr_after end as compared_after
    from compared

),

terms_as_of as (

    select
        renewal_id,
        as_of_on,
        month,
        is_run_day,
        contract_id,
        customer_id,
        term_number,
        term_deal_id,
        renewal_deal_id,
        opened_by,
        won_on,
        term_started_on,
        due_on,
        notice_due_on,
        run_until_on,
        is_running,
        case when is_running then coalesce(running_arr, 0.0) else 0.0 end as arr,
        case when was_running then coalesce(running_arr_year_before, 0.0) else 0.0 end as arr_year_before,
        arr_due,
        arr_due_original,
        arr_after,
        arr_after_original,
        currency,
        case
            when decided_on is null then 'open'
            when not is_renewed then 'churned'
            -- an amount that one of the two deals does not name shows no difference
            when compared_after is null or compared_due is null then 'renewed'
            when abs(compared_after - compared_due) <= 0.01 * compared_due then 'renewed'
            when compared_after > compared_due then 'expanded'
            else 'contracted'
        end as outcome,
        decided_on
    from measured

)

select * from terms_as_of
