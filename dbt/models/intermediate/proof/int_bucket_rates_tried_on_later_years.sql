with

measured as (

    select
        predictor,
        segment,
        bucket,
        is_lost,
        extract(year from as_of_on) as asked_in_year,
        extract(year from decided_on) as decided_in_year
    from {{ ref('int_predictors_joined_to_renewals') }}
    where
        risk is not null
        and bucket is not null

),

years as (

    select distinct asked_in_year from measured

),

earlier as (

    -- What was decided before a year began is all that a forecast made in it may know.
    select
        years.asked_in_year,
        measured.predictor,
        measured.bucket,
        count(*) as n,
        count(case when measured.is_lost then 1 end) as lost
    from years
    inner join measured
        on measured.decided_in_year < years.asked_in_year
    group by
        years.asked_in_year,
        measured.predictor,
        measured.bucket

),

earlier_rates as (

    select
        asked_in_year,
        predictor,
        bucket,
        cast(lost as double) / n as rate,
        cast(sum(lost) over (partition by asked_in_year, predictor) as double)
        / sum(n) over (partition by asked_in_year, predictor) as rate_of_all
    from earlier

),

forecasts as (

    select
        measured.predictor,
        measured.segment,
        measured.bucket,
        case when measured.is_lost then 1.0 else 0.0 end as lost,
        earlier_rates.rate,
        earlier_rates.rate_of_all
    from measured
    inner join earlier_rates
        on measured.asked_in_year = earlier_rates.asked_in_year
        and measured.predictor = earlier_rates.predictor
        and measured.bucket = earlier_rates.bucket

),

in_segments as (

    select * from forecasts
    union all
    select
        predictor,
        'all' as segment,
        bucket,
        lost,
        rate,
        rate_of_all
    from forecasts

),

by_bucket as (

    select
        predictor,
        segment,
        count(*) as n,
        count(case when lost = 1.0 then 1 end) as lost,
        {{ exact_sum('rate') }} as expected,
        {{ exact_sum('(rate - lost) * (rate - lost)') }} as squared_errors,
        {{ exact_sum('(rate_of_all - lost) * (rate_of_all - lost)') }} as squared_errors_of_all
    from in_segments
    group by
        predictor,
        segment,
        bucket

),

tried as (

    select
        predictor,
        segment,
        cast(sum(n) as bigint) as forecasts,
        cast(sum(lost) as bigint) as forecast_churned,
        {{ exact_sum('expected') }} as forecast_churned_expected,
        {{ exact_sum('squared_errors') }} / sum(n) as brier_score,
        {{ exact_sum('squared_errors_of_all') }} / sum(n) as brier_score_of_rate_of_all,
        {{ exact_sum('abs(expected - lost)') }} / sum(n) as calibration_error
    from by_bucket
    group by
        predictor,
        segment

)

select * from tried
