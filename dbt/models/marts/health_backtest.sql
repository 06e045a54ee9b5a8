with

ranked as (

    select * from {{ ref('int_predictors_ranked_on_renewals') }}

),

tried as (

    select * from {{ ref('int_bucket_rates_tried_on_later_years') }}

),

judged as (

    select
        ranked.*,
        ranked.churned >= {{ var('validatable_from_churned') }} as is_validatable,
        coalesce(tried.forecasts, 0) as forecasts,
        coalesce(tried.forecast_churned, 0) as forecast_churned,
        tried.forecast_churned_expected,
        tried.brier_score,
        tried.brier_score_of_rate_of_all,
        tried.calibration_error
    from ranked
    left join tried
        on ranked.predictor = tried.predictor
        and ranked.segment = tried.segment

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
        case when is_validatable then calibration_error end as calibration_error
    from judged

)

select * from backtest
