{{ config(severity='warn') }}

-- What is left out counts nowhere, and nothing else is hurt: it is told, and need not hold the publication back.
select
    seed_file,
    seed_row,
    reason
from {{ ref('seed_faults') }}
where verdict = 'left_out'
