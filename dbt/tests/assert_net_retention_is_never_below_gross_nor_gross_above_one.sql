select
    month,
    segment,
    grr,
    nrr
from {{ ref('retention_by_month') }}
where
    grr > 1.000001
    or nrr < grr - 0.000001
    or logo_retention > 1
    or renewal_rate_12m > 1
