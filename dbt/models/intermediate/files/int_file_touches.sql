with

touches as (

    select * from {{ ref('stg_files__touches') }}

),

companies as (

    select * from {{ ref('int_companies_resolved_to_customers') }}

),

people as (

    select * from {{ ref('int_people_known') }}

),

contact_records as (

    select
        *,
        source_system || ':' || contact_record_id as record_id
    from {{ ref('int_contact_records_resolved_to_contacts') }}

),

resolved as (

    select
        touches.touch_id,
        companies.customer_id,
        people.employee_id,
        touches.occurred_at,
        touches.occurred_on,
        touches.channel,
        touches.direction,
        touches.substance,
        case when touches.substance <> 'unclassified' then 'file' end as substance_rule,
        touches.theme as rule_theme,
        touches.theme,
        touches.is_sales,
        touches.is_holding_reply,
        touches.channel in ('call', 'meeting', 'field_visit', 'event') as is_two_way,
        touches.customer_talk_share,
        touches.duration_minutes,
        contact_records.contact_id,
        touches.source_system,
        touches.source_object,
        touches.source_record_id,
        touches.source_url,
        touches.recorded_at,
        touches.recorded_on,
        touches.removed_at,
        touches.removed_on,
        touches.first_landed_at,
        touches.last_landed_at
    from touches
    left join companies
        on touches.customer_reference = companies.company_id
    left join people
        on touches.employee_reference = people.employee_id
    left join contact_records
        on touches.contact_reference = contact_records.record_id

)

select * from resolved
