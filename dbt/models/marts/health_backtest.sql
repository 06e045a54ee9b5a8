with

ranked as (

    select * from {{ ref('int_predictors_ranked_on_renewals') }}

),

tried as (

    select * from {{ ref('int_bucket_rates_tried_on_later_years') }}

),

holdout as (

    select * from {{ ref('int_holdout_compared') }}

),

gathered as (

    select
        predictor,
        predictor_kind,
        segment,
        n,
        churned
    from ranked
    union all
    select
        'recommended_actions' as predictor,
        'action' as predictor_kind,
        'all' as segment,
        n_acted + n_held_out as n,
        n_acted - retained_acted + n_held_out - retained_held_out as churned
    from holdout

),

judged as (

    select
        gathered.*,
        gathered.churned >= {{ var('validatable_from_churned') }} as is_validatable,
        ranked.auc,
        ranked.auc_low,
        ranked.auc_high,
        ranked.lift_worst_tenth,
        ranked.capture_worst_tenth,
        ranked.green_then_churned_share,
        coalesce(tried.forecasts, 0) as forecasts,
        coalesce(tried.forecast_churned, 0) as forecast_churned,
        tried.forecast_churned_expected,
        tried.brier_score,
        tried.brier_score_of_rate_of_all,
        tried.calibration_error,
        holdout.n_held_out,
        holdout.rate_acted,
        holdout.rate_held_out,
        holdout.difference,
        holdout.difference_low,
        holdout.difference_high
    from gathered
    left join ranked
        on gathered.predictor = ranked.predictor
        and gathered.segment = ranked.segment
    left join tried
        on gathered.predictor = tried.predictor
        and gathered.segment = tried.segment
    left join holdout
        on gathered.predictor_kind = 'action'

),

backtest as (

    select
        predictor,
        segment,
        predictor_kind,
        n,
        churned,
        is_validatable,
        case when is_validatable then auc end as auc,
        case when is_validatable then auc_low end as auc_low,
        case when is_validatable then auc_high end as auc_high,
        case when is_validatable then auc_low > 0.5 end as predicts,
        case when is_validatable then lift_worst_tenth end as lift_worst_tenth,
        case when is_validatable then capture_worst_tenth end as capture_worst_tenth,
        green_then_churned_share,
        forecasts,
        forecast_churned,
        case when is_validatable then forecast_churned_expected end as forecast_churned_expected,
        case when is_validatable then brier_score end as brier_score,
        case when is_validatable then brier_score_of_rate_of_all end as brier_score_of_rate_of_all,
        case when is_validatable then calibration_error end as calibration_error,
        n_held_out,
        rate_acted,
        rate_held_out,
        case when is_validatable then difference end as gained_by_acting,
        case when is_validatable then difference_low end as gained_by_acting_low,
        case when is_validatable then difference_high end as gained_by_acting_high
    from judged

)

select * from backtest
