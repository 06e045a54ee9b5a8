with

job_history as (
    select * from {{ ref('stg_bamboohr__job_history') }}
)

select * from job_history
