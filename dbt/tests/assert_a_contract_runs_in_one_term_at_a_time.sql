select
    contract_id,
    as_of_on,
    count(*) as terms_running
from {{ ref('int_terms_as_of') }}
where is_running
group by
    contract_id,
    as_of_on
having count(*) > 1
