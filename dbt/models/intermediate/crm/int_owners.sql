with

owners as (
    select * from {{ ref('stg_hubspot__owners') }}
)

select * from owners
