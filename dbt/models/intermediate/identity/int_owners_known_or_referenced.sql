with

owners as (
    select * from {{ ref('int_owners') }}
),

role_history as (
    select * from {{ ref('int_company_role_history') }}
),

deal_history as (
    select * from {{ ref('int_deal_history') }}
    where term = 'owner'
),

activities as (
    select * from {{ ref('int_activities') }}
),

referenced as (
    select
        source_system,
        owner_id
    from role_history
    where owner_id is not null

    union

    select
        source_system,
        value as owner_id
    from deal_history
    where value is not null

    union

    select
        source_system,
        owner_id
    from activities
    where owner_id is not null
),

known_or_referenced as (
    select
        coalesce(owners.source_system, referenced.source_system) as source_system,
        coalesce(owners.owner_id, referenced.owner_id) as owner_id,
        owners.email,
        owners.full_name,
        owners.owner_id is not null as is_listed
    from owners
    full join referenced
        on owners.source_system = referenced.source_system
        and owners.owner_id = referenced.owner_id
)

select * from known_or_referenced
