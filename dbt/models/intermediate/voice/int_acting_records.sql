with

marks as (

    select distinct record_id
    from {{ ref('int_marks_in_texts') }}
    where meaning in ('acted', 'acted_prefix')

),

notes as (

    select * from {{ ref('int_activities_resolved_to_customers') }}
    where activity = 'note'

),

deals as (

    select * from {{ ref('int_deals') }}
    where not was_removed_at_first_load

),

companies as (

    select * from {{ ref('int_companies_resolved_to_customers') }}

),

tickets as (

    select * from {{ ref('int_tickets') }}
    where not was_removed_at_first_load

),

organizations as (

    select * from {{ ref('int_organizations_resolved_to_customers') }}

),

acting_notes as (

    select
        notes.touch_id as record_id,
        notes.customer_id,
        notes.occurred_at as acted_at,
        notes.occurred_on as acted_on,
        notes.source_system,
        notes.source_object,
        notes.source_record_id,
        notes.recorded_on,
        notes.removed_on,
        notes.first_landed_at,
        notes.last_landed_at
    from notes
    inner join marks
        on notes.touch_id = marks.record_id

),

acting_deals as (

    select
        deals.deal_id as record_id,
        companies.customer_id,
        deals.recorded_at as acted_at,
        deals.recorded_on as acted_on,
        deals.source_system,
        deals.source_object,
        deals.source_record_id,
        deals.recorded_on,
        deals.removed_on,
        deals.first_landed_at,
        deals.last_landed_at
    from deals
    inner join marks
        on deals.deal_id = marks.record_id
    left join companies
        on deals.company_record_id = companies.company_record_id
        and deals.source_system = companies.source_system

),

acting_tickets as (

    select
        tickets.incident_id as record_id,
        organizations.customer_id,
        tickets.opened_at as acted_at,
        tickets.opened_on as acted_on,
        tickets.source_system,
        tickets.source_object,
        tickets.source_record_id,
        tickets.recorded_on,
        tickets.removed_on,
        tickets.first_landed_at,
        tickets.last_landed_at
    from tickets
    inner join marks
        on tickets.incident_id = marks.record_id
    left join organizations
        on tickets.organization_id = organizations.organization_id
        and tickets.source_system = organizations.source_system

),

acting_records as (

    select * from acting_notes
    union all
    select * from acting_deals
    union all
    select * from acting_tickets

)

select * from acting_records
