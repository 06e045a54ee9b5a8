with

activities as (

    select * from {{ ref('int_activities_linked_to_contacts') }}

),

comments as (

    select * from {{ ref('int_ticket_comments') }}
    where contact_id is not null and is_public

),

surveys as (

    select * from {{ ref('int_survey_responses') }}
    where contact_id is not null and incident_id is not null

),

touches_of_files as (

    select * from {{ ref('int_file_touches') }}
    where contact_id is not null

),

contacts as (

    select * from {{ ref('int_contacts_resolved_to_customers') }}
    where not was_removed_at_first_load

),

links as (

    select
        touch_id,
        contact_id
    from activities

    union distinct

    select
        source_system || ':comment:' || comment_id as touch_id,
        contact_id
    from comments

    union distinct

    select
        survey_response_id || ':sent' as touch_id,
        contact_id
    from surveys

    union distinct

    select
        survey_response_id || ':answered' as touch_id,
        contact_id
    from surveys

    union distinct

    select
        touch_id,
        contact_id
    from touches_of_files

),

-- Whoever the CRM did not know yet, or no longer knows, is nobody who could be counted.
linked as (

    select
        links.touch_id,
        links.contact_id,
        contacts.persona,
        contacts.recorded_on as known_from_on,
        contacts.removed_on as known_until_on
    from links
    inner join contacts
        on links.contact_id = contacts.contact_id

)

select * from linked
