with

outcomes as (

    select * from {{ ref('int_action_outcomes_known') }}

),

drivers as (

    select * from {{ ref('int_health_drivers') }}

),

terms as (

    select * from {{ ref('int_terms_compared_by_action') }}

),

-- The row of all stands also where nobody has recorded anything.
recorded as (

    select
        'all' as driver,
        cast(null as {{ dbt.type_string() }}) as outcome

    union all

    select
        'all' as driver,
        outcome
    from outcomes

    union all

    select
        outcomes.driver,
        outcomes.outcome
    from outcomes
    inner join drivers
        on outcomes.driver = drivers.driver

),

counted as (

    select
        driver,
        count(outcome) as outcomes,
        count(*) filter (where outcome = 'done') as done,
        count(*) filter (where outcome = 'wrong') as wrong
    from recorded
    group by driver

),

renewals_counted as (

    select
        driver,
        count(*) filter (where not is_retained) as churned,
        count(*) filter (where is_done) as n_done,
        count(*) filter (where is_done and is_retained) as retained_done,
        count(*) filter (where not is_done) as n_without,
        count(*) filter (where not is_done and is_retained) as retained_without
    from terms
    group by driver

),

compared as (

    select
        counted.driver,
        counted.outcomes,
        counted.done,
        counted.wrong,
        coalesce(renewals_counted.churned, 0) as churned,
        coalesce(renewals_counted.n_done, 0) as n_done,
        coalesce(renewals_counted.retained_done, 0) as retained_done,
        coalesce(renewals_counted.n_without, 0) as n_without,
        coalesce(renewals_counted.retained_without, 0) as retained_without
    from counted
    left join renewals_counted
        on counted.driver = renewals_counted.driver

),

results as (

    select
        driver,
        outcomes,
        done,
        wrong,
        wrong / nullif(cast(outcomes as double), 0) as wrong_share,
        churned,
        churned >= {{ var('validatable_from_churned') }} as is_validatable,
        n_done,
        retained_done,
        retained_done / nullif(cast(n_done as double), 0) as rate_done,
        case when n_done > 0 then {{ wilson_low('retained_done', 'n_done') }} end as rate_done_low,
        case when n_done > 0 then {{ wilson_high('retained_done', 'n_done') }} end as rate_done_high,
        n_without,
        retained_without,
        retained_without / nullif(cast(n_without as double), 0) as rate_without,
        case when n_without > 0 then {{ wilson_low('retained_without', 'n_without') }} end as rate_without_low,
        case when n_without > 0 then {{ wilson_high('retained_without', 'n_without') }} end as rate_without_high
    from compared

)

select * from results
