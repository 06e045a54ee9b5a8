with

touches as (

    select * from {{ ref('int_touches_in_last_year') }}
    where days_ago < 180

),

contacts as (

    select * from {{ ref('int_touches_linked_to_contacts') }}

),

contacts_touched as (

    select distinct
        touches.customer_id,
        touches.as_of_on,
        contacts.contact_id,
        contacts.persona
    from touches
    inner join contacts
        on touches.touch_id = contacts.touch_id
        and touches.as_of_on >= contacts.known_from_on
        and (contacts.known_until_on is null or touches.as_of_on < contacts.known_until_on)

),

counts as (

    select
        customer_id,
        as_of_on,
        count(*) as contacts_touched_180d,
        count(distinct case when persona <> 'unknown' then persona end) as personas_touched_180d,
        count(*) filter (where persona <> 'unknown') as contacts_of_known_persona_180d,
        count(*) filter (where persona in ('user', 'technical')) as users_touched_180d
    from contacts_touched
    group by customer_id, as_of_on

)

select * from counts
