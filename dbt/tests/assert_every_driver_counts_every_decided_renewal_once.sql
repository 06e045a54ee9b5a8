{{ config(meta={'dagster': {'ref': {'name': 'retention_drivers'}}}) }}

-- Two roads to the same renewals: the buckets of each driver, and the terms with a backtest month.
with

renewals as (

    select
        count(*) as n,
        count(case when outcome <> 'churned' then 1 end) as retained
    from {{ ref('renewals') }}
    where backtest_month is not null

),

drivers as (

    select
        driver,
        sum(n) as n,
        sum(retained) as retained
    from {{ ref('retention_drivers') }}
    group by driver

)

select drivers.*
from drivers
cross join renewals
where
    drivers.n <> renewals.n
    or drivers.retained <> renewals.retained
