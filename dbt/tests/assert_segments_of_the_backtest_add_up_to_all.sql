select
    predictor,
    sum(case when segment = 'all' then n else -n end) as difference,
    sum(case when segment = 'all' then churned else -churned end) as churned_difference
from {{ ref('health_backtest') }}
where predictor_kind <> 'action'
group by predictor
having
    sum(case when segment = 'all' then n else -n end) <> 0
    or sum(case when segment = 'all' then churned else -churned end) <> 0
