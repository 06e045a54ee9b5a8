select
    segment,
    term_number,
    survival
from (
    select
        *,
        min(survival) over (
            partition by segment
            order by term_number
            rows between unbounded preceding and 1 preceding
        ) as survival_before
    from {{ ref('renewal_survival') }}
) as survival
where survival > survival_before
