with

renewals as (

    select * from {{ ref('int_renewals_assessed') }}

),

measured as (

    select * from {{ ref('int_predictors_joined_to_renewals') }}
    where bucket is not null

),

drivers as (

    select * from {{ ref('int_health_drivers') }}

),

all_renewals as (

    select
        count(*) as n,
        count(case when not is_lost then 1 end) as retained
    from renewals

),

counted as (

    select
        predictor as driver,
        bucket,
        count(*) as n,
        count(case when not is_lost then 1 end) as retained
    from measured
    group by
        predictor,
        bucket

),

rated as (

    select
        counted.driver,
        counted.bucket,
        drivers.measured_column,
        drivers.good_at,
        drivers.bad_at,
        counted.n,
        counted.retained,
        cast(counted.retained as double) / counted.n as rate,
        {{ wilson_low('counted.retained', 'counted.n') }} as rate_low,
        {{ wilson_high('counted.retained', 'counted.n') }} as rate_high,
        cast(all_renewals.retained as double) / all_renewals.n as rate_of_all
    from counted
    cross join all_renewals
    left join drivers
        on counted.driver = drivers.driver

),

compared as (

    select
        rated.*,
        rate / nullif(rate_of_all, 0) as lift,
        rate_low > rate_of_all or rate_high < rate_of_all as differs_from_all
    from rated

)

select * from compared
