with

calls as (
    select * from {{ ref('stg_hubspot__calls') }}
),

meetings as (
    select * from {{ ref('stg_hubspot__meetings') }}
),

unioned as (
    select * from calls
    union all
    select * from meetings
)

select * from unioned
