select
    predictor,
    sum(case when segment = 'all' then n else -n end) as difference,
    sum(case when segment = 'all' then churned else -churned end) as churned_difference
from {{ ref('health_backtest') }}
group by predictor
having
    sum(case when segment = 'all' then n else -n end) <> 0
    or sum(case when segment = 'all' then churned else -churned end) <> 0
