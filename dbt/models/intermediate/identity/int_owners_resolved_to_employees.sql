with

owners as (
    select * from {{ ref('int_owners_known_or_referenced') }}
),

resolved as (
    {{ resolved_to_employees('owners', 'owner_id', 'owners') }}
)

select * from resolved
