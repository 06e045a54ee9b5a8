with

activities as (

    select * from {{ ref('int_activities') }}
    where not was_removed_at_first_load

),

records as (

    select * from {{ ref('int_contact_records_resolved_to_contacts') }}

),

contacts as (

    select * from {{ ref('int_contacts_resolved_to_customers') }}
    where not was_removed_at_first_load

),

associations as (

    {{ json_array_rows('activities', 'contact_record_ids') }}

),

linked as (

    select
        associations.touch_id,
        contacts.contact_id,
        contacts.customer_id,
        row_number() over (
            partition by associations.touch_id
            order by length(contacts.contact_id), contacts.contact_id
        ) as position
    from associations
    inner join records
        on associations.item = records.contact_record_id
        and associations.source_system = records.source_system
    inner join contacts
        on records.contact_id = contacts.contact_id
    group by associations.touch_id, contacts.contact_id, contacts.customer_id

)

select * from linked
