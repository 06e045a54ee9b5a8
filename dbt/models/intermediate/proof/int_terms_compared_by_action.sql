with

known_now as (

    select * from {{ ref('int_action_outcomes_known') }}

),

health_drivers as (

    select * from {{ ref('int_health_drivers') }}

),

outcomes as (

    select * from {{ ref('int_action_outcomes_gathered') }}

),

-- An action helps before the renewal is decided, if at all.
decided_terms as (

    select
        renewal_id,
        customer_id,
        term_started_on,
        {{ add_days('least(due_on, decided_on)', '-1') }} as last_day,
        outcome <> 'churned' as is_retained
    from {{ ref('int_terms_as_of') }}
    where
        is_run_day
        and outcome <> 'open'
        and customer_id is not null

),

-- Before anybody recorded outcomes nothing can be told to have been done.
begun as (

    select min(noted_on) as noted_from_on from known_now

),

observed_terms as (

    select decided_terms.*
    from decided_terms
    inner join begun
        on decided_terms.last_day >= begun.noted_from_on

),

drivers as (

    select 'all' as driver

    union

    select known_now.driver
    from known_now
    inner join health_drivers
        on known_now.driver = health_drivers.driver

),

done_in_terms as (

    select
        observed_terms.renewal_id,
        outcomes.driver
    from observed_terms
    inner join outcomes
        on observed_terms.customer_id = outcomes.customer_id
        and outcomes.noted_on between observed_terms.term_started_on and observed_terms.last_day
        and outcomes.recorded_on <= observed_terms.last_day
        and (outcomes.removed_on is null or outcomes.removed_on > observed_terms.last_day)
    where outcomes.outcome = 'done'

),

acted_upon as (

    select
        renewal_id,
        driver
    from done_in_terms

    union

    select
        renewal_id,
        'all' as driver
    from done_in_terms

),

compared as (

    select
        drivers.driver,
        observed_terms.renewal_id,
        observed_terms.is_retained,
        acted_upon.renewal_id is not null as is_done
    from drivers
    cross join observed_terms
    left join acted_upon
        on observed_terms.renewal_id = acted_upon.renewal_id
        and drivers.driver = acted_upon.driver

)

select * from compared
