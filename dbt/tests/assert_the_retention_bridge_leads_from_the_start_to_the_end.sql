-- Two roads to ARR at the end: the sum of what runs, and what ran a year before with what was lost and won since.
select
    month,
    segment,
    arr_start - arr_churned - arr_contracted + arr_expanded + arr_new as arr_by_the_bridge,
    arr_end
from {{ ref('retention_by_month') }}
where
    abs(arr_start - arr_churned - arr_contracted + arr_expanded + arr_new - arr_end) > 0.05
    or least(arr_start, arr_churned, arr_contracted, arr_expanded, arr_new, arr_end) < 0
