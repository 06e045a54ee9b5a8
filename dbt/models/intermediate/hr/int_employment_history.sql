with

employment_history as (
    select * from {{ ref('stg_bamboohr__employment_history') }}
)

select * from employment_history
