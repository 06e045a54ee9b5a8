with

companies as (

    select * from {{ ref('int_companies') }}

),

customers_of_companies as (

    select * from {{ ref('int_companies_resolved_to_customers') }}

),

role_history as (

    select * from {{ ref('int_company_role_history') }}

),

deals as (

    select * from {{ ref('int_deals') }}

),

deal_history as (

    select * from {{ ref('int_deal_history') }}

),

employees_of_owners as (

    select * from {{ ref('int_owners_resolved_to_employees') }}

),

team_entries as (

    select
        companies.company_id as record_id,
        companies.source_record_id as company_record_id,
        cast(null as {{ dbt.type_string() }}) as deal_id,
        role_history.role,
        role_history.owner_id,
        role_history.changed_at,
        role_history.position,
        companies.source_system,
        companies.source_object,
        companies.source_record_id,
        companies.source_url,
        companies.recorded_at as record_created_at,
        companies.removed_at,
        companies.removed_on
    from role_history
    inner join companies
        on role_history.company_id = companies.company_id
    where not companies.was_removed_at_first_load

),

-- Nobody sold a deal before it existed: what the history says of earlier instants counts from the deal's creation.
seller_entries as (

    select
        deals.deal_id as record_id,
        deals.company_record_id,
        deals.deal_id,
        'seller' as role,
        deal_history.value as owner_id,
        greatest(deal_history.changed_at, deals.recorded_at) as changed_at,
        deal_history.position,
        deals.source_system,
        deals.source_object,
        deals.source_record_id,
        deals.source_url,
        deals.recorded_at as record_created_at,
        deals.removed_at,
        deals.removed_on
    from deal_history
    inner join deals
        on deal_history.deal_id = deals.deal_id
    where
        deal_history.term = 'owner'
        and not deals.was_removed_at_first_load

),

entries as (

    select * from team_entries

    union all

    select * from seller_entries

),

-- Owners become employees before spells are cut: one employee under two owner ids is no change.
entries_of_employees as (

    select
        entries.*,
        employees_of_owners.employee_id
    from entries
    left join employees_of_owners
        on entries.source_system = employees_of_owners.source_system
        and entries.owner_id = employees_of_owners.owner_id
    qualify row_number() over (
        partition by entries.record_id, entries.role, entries.changed_at
        order by entries.position
    ) = 1

),

compared_with_the_entry_before as (

    select
        *,
        lag(employee_id) over (partition by record_id, role order by changed_at) as employee_before
    from entries_of_employees

),

changes as (

    select
        *,
        lead(changed_at) over (partition by record_id, role order by changed_at) as ended_at
    from compared_with_the_entry_before
    where employee_id is distinct from employee_before

),

held as (

    select
        *,
        changed_at as started_at,
        lead(employee_id) over (partition by record_id, role order by changed_at) as next_employee_id,
        lead(changed_at) over (partition by record_id, role order by changed_at) as next_started_at,
        row_number() over (partition by record_id, role order by changed_at) = 1 as is_first
    from changes
    where employee_id is not null

),

spells as (

    select
        held.record_id || ':' || held.role || ':' || replace(
            replace(replace(cast(held.started_at as {{ dbt.type_string() }}), '-', ''), ':', ''), ' ', 'T'
        ) as assignment_id,
        held.record_id,
        held.deal_id,
        customers_of_companies.customer_id,
        held.role,
        held.employee_id,
        held.is_first,
        held.record_created_at,
        held.started_at,
        {{ day_of('held.started_at') }} as started_on,
        held.ended_at,
        {{ day_of('held.ended_at') }} as ended_on,
        held.next_employee_id,
        held.next_started_at,
        {{ day_of('held.next_started_at') }} as next_started_on,
        held.source_system,
        held.source_object,
        held.source_record_id,
        held.source_url,
        held.started_at as recorded_at,
        held.removed_at,
        held.removed_on
    from held
    left join customers_of_companies
        on held.source_system = customers_of_companies.source_system
        and held.company_record_id = customers_of_companies.company_record_id

)

select * from spells
