with

touches as (

    select * from {{ ref('touches') }}

),

contacts as (

    select * from {{ ref('int_touches_linked_to_contacts') }}
    where {{ is_known('known_from_on', 'known_until_on') }}

),

touch_contacts as (

    select
        touches.touch_id,
        contacts.contact_id,
        touches.source_system,
        touches.source_record_id,
        touches.source_url,
        touches.recorded_at
    from touches
    inner join contacts
        on touches.touch_id = contacts.touch_id

)

select * from touch_contacts
