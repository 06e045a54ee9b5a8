with

training_records as (
    select * from {{ ref('stg_bamboohr__training_records') }}
)

select * from training_records
