with

renewals as (

    select * from {{ ref('int_renewals_assessed') }}

),

health_points as (

    select * from {{ ref('int_health_points_scored') }}

),

health as (

    select * from {{ ref('int_health_as_of') }}

),

scores_and_drivers as (

    select
        customer_id,
        as_of_on,
        'health_score' as predictor,
        'score' as predictor_kind,
        1.0 - health_score / 100.0 as risk,
        health_band as bucket
    from health
    union all
    select
        customer_id,
        as_of_on,
        'confusion_index' as predictor,
        'score' as predictor_kind,
        confusion_index / 100.0 as risk,
        cast(null as {{ dbt.type_string() }}) as bucket
    from health
    union all
    select
        customer_id,
        as_of_on,
        driver as predictor,
        'driver' as predictor_kind,
        penalty as risk,
        case
            when state <> 'known' then state
            when penalty = 0 then 'good'
            when penalty = 1 then 'bad'
            else 'middle'
        end as bucket
    from health_points

),

joined as (

    select
        renewals.renewal_id,
        renewals.customer_id,
        renewals.segment,
        renewals.as_of_on,
        renewals.decided_on,
        renewals.is_lost,
        scores_and_drivers.predictor,
        scores_and_drivers.predictor_kind,
        -- Two doubles that differ by the order of a sum alone are a tie.
        round(cast(scores_and_drivers.risk as double), 9) as risk,
        scores_and_drivers.bucket
    from renewals
    inner join scores_and_drivers
        on renewals.customer_id = scores_and_drivers.customer_id
        and renewals.as_of_on = scores_and_drivers.as_of_on

)

select * from joined
