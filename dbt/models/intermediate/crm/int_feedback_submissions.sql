with

feedback_submissions as (
    select * from {{ ref('stg_hubspot__feedback_submissions') }}
)

select * from feedback_submissions
