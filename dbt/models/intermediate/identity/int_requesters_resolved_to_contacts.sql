with

users as (
    select * from {{ ref('int_users') }}
    where not is_agent
),

contact_records as (
    select * from {{ ref('int_contacts') }}
    where email is not null
),

records as (
    select * from {{ ref('int_contact_records_resolved_to_contacts') }}
),

contacts as (
    select * from {{ ref('int_contacts_resolved_to_customers') }}
    where not was_removed_at_first_load
),

contacts_by_email as (
    select
        contact_records.email,
        contacts.contact_id,
        min(contacts.contact_id) over (partition by contact_records.email)
        <> max(contacts.contact_id) over (partition by contact_records.email) as is_shared
    from contact_records
    inner join records
        on contact_records.source_system = records.source_system
        and contact_records.source_record_id = records.contact_record_id
    inner join contacts
        on records.contact_id = contacts.contact_id
    qualify row_number() over (
        partition by contact_records.email
        order by contacts.removed_at is not null, try_cast(contacts.source_record_id as bigint), contacts.contact_id
    ) = 1
),

resolved as (
    select
        users.source_system,
        users.user_id,
        contacts_by_email.contact_id,
        case when contacts_by_email.contact_id is null then 'none' else 'email' end as rule,
        case
            when contacts_by_email.is_shared
                then 'several contacts have its e-mail, and ' || contacts_by_email.contact_id
                    || ' has the lowest id of those that stand'
            when contacts_by_email.contact_id is not null
                then 'contact ' || contacts_by_email.contact_id || ' has its e-mail'
            when users.email is null then 'it has no e-mail'
            else 'no contact has its e-mail'
        end as reason
    from users
    left join contacts_by_email
        on users.email = contacts_by_email.email
)

select * from resolved
