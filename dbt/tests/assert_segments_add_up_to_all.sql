select
    month,
    sum(case when segment = 'all' then arr_end else -arr_end end) as arr_difference,
    sum(case when segment = 'all' then renewals_overdue else -renewals_overdue end) as overdue_difference
from {{ ref('retention_by_month') }}
group by month
having
    abs(sum(case when segment = 'all' then arr_end else -arr_end end)) > 0.05
    or sum(case when segment = 'all' then renewals_overdue else -renewals_overdue end) <> 0
