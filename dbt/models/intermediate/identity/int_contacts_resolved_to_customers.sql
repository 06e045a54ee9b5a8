with

contacts as (
    select * from {{ ref('int_contacts') }}
),

records as (
    select * from {{ ref('int_contact_records_resolved_to_contacts') }}
),

companies as (
    select * from {{ ref('int_companies_resolved_to_customers') }}
),

personas as (
    select
        position,
        field,
        {{ normalized_text('phrase') }} as words,
        persona
    from {{ sound_rows('contact_personas') }}
),

words_of_contacts as (
    select
        contact_id,
        'buying_role' as field,
        {{ normalized_text('buying_role') }} as words
    from contacts

    union all

    select
        contact_id,
        'job_title' as field,
        {{ normalized_text('job_title') }} as words
    from contacts
),

personas_of_contacts as (
    select
        words_of_contacts.contact_id,
        min_by(personas.persona, personas.position) as persona
    from words_of_contacts
    inner join personas
        on words_of_contacts.field = personas.field
        and words_of_contacts.words like '%' || personas.words || '%'
    group by words_of_contacts.contact_id
),

resolved as (
    select
        contacts.contact_id,
        companies.customer_id,
        contacts.full_name,
        contacts.job_title,
        coalesce(personas_of_contacts.persona, 'unknown') as persona,
        contacts.company_record_id,
        contacts.source_system,
        contacts.source_object,
        contacts.source_record_id,
        contacts.source_url,
        contacts.recorded_at,
        contacts.recorded_on,
        contacts.removed_at,
        contacts.removed_on,
        contacts.was_removed_at_first_load,
        contacts.first_landed_at,
        contacts.last_landed_at
    from contacts
    inner join records
        on contacts.contact_id = records.contact_id
        and contacts.source_system = records.source_system
        and contacts.source_record_id = records.contact_record_id
    left join companies
        on contacts.company_record_id = companies.company_record_id
        and contacts.source_system = companies.source_system
    left join personas_of_contacts
        on contacts.contact_id = personas_of_contacts.contact_id
)

select * from resolved
