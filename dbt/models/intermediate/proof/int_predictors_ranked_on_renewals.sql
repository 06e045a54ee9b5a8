with

measured as (

    select * from {{ ref('int_predictors_joined_to_renewals') }}
    where risk is not null

),

in_segments as (

    select predictor, predictor_kind, segment, risk, bucket, is_lost from measured
    union all
    select predictor, predictor_kind, 'all' as segment, risk, bucket, is_lost from measured

),

counted as (

    select
        predictor,
        predictor_kind,
        segment,
        risk,
        count(*) as n,
        count(case when is_lost then 1 end) as lost,
        count(case when not is_lost then 1 end) as kept,
        count(case when is_lost and bucket is not null then 1 end) as lost_in_buckets,
        count(case when is_lost and bucket in ('healthy', 'good') then 1 end) as lost_green
    from in_segments
    group by
        predictor,
        predictor_kind,
        segment,
        risk

),

ranked as (

    select
        counted.*,
        sum(n) over by_predictor as all_n,
        sum(lost) over by_predictor as all_lost,
        sum(kept) over by_predictor as all_kept,
        sum(n) over from_the_worst - n as n_worse,
        sum(lost) over from_the_worst - lost as lost_worse,
        sum(kept) over from_the_best - kept as kept_better
    from counted
    window
        by_predictor as (partition by predictor, segment),
        from_the_worst as (
            partition by predictor, segment
            order by risk desc
            rows between unbounded preceding and current row
        ),
        from_the_best as (
            partition by predictor, segment
            order by risk
            rows between unbounded preceding and current row
        )

),

placed as (

    -- How many of the other side each lost and each kept renewal beats, in halves: a tie counts one, a win two.
    select
        ranked.*,
        cast(2 * kept_better + kept as decimal(38, 0)) as beaten_by_lost,
        cast(2 * lost_worse + lost as decimal(38, 0)) as beating_kept,
        -- The worst tenth is of whole renewals, the last one begun counted; of those alike it takes a fair share.
        greatest(least(floor((all_n + 9) / 10.0) - n_worse, n), 0) as n_in_worst_tenth
    from ranked

),

summed as (

    select
        predictor,
        predictor_kind,
        segment,
        cast(max(all_n) as bigint) as n,
        cast(max(all_lost) as bigint) as churned,
        cast(max(all_lost) as double) as lost,
        cast(max(all_kept) as double) as kept,
        cast(sum(lost * beaten_by_lost) as double) as lost_places,
        cast(
            cast(max(all_lost) as decimal(38, 0)) * sum(lost * beaten_by_lost * beaten_by_lost)
            - sum(lost * beaten_by_lost) * sum(lost * beaten_by_lost) as double
        ) as lost_spread,
        cast(
            cast(max(all_kept) as decimal(38, 0)) * sum(kept * beating_kept * beating_kept)
            - sum(kept * beating_kept) * sum(kept * beating_kept) as double
        ) as kept_spread,
        sum(n_in_worst_tenth) as n_in_worst_tenth,
        {{ exact_sum('n_in_worst_tenth * lost / cast(n as double)') }} as lost_in_worst_tenth,
        cast(sum(lost_green) as double) / nullif(sum(lost_in_buckets), 0) as green_then_churned_share
    from placed
    group by
        predictor,
        predictor_kind,
        segment

),

varied as (

    -- DeLong, DeLong and Clarke-Pearson 1988: the variance of the AUC from how much the places vary on either side.
    select
        summed.*,
        lost_places / nullif(2.0 * lost * kept, 0) as auc,
        lost_spread / nullif(lost * (lost - 1.0) * lost * 4.0 * kept * kept, 0)
        + kept_spread / nullif(kept * (kept - 1.0) * kept * 4.0 * lost * lost, 0) as auc_variance
    from summed

),

ranked_predictors as (

    select
        predictor,
        predictor_kind,
        segment,
        n,
        churned,
        green_then_churned_share,
        auc,
        case when auc_variance is not null then greatest(auc - {{ z_95() }} * sqrt(auc_variance), 0.0) end as auc_low,
        case when auc_variance is not null then least(auc + {{ z_95() }} * sqrt(auc_variance), 1.0) end as auc_high,
        lost_in_worst_tenth / nullif(churned, 0) as capture_worst_tenth,
        (lost_in_worst_tenth / n_in_worst_tenth) / nullif(churned / cast(n as double), 0) as lift_worst_tenth
    from varied

)

select * from ranked_predictors
