with

touches as (

    select * from {{ ref('int_touches_gathered') }}

),

titles_with_links as (

    select
        touch_id,
        title
    from touches
    where title like '%[#%]%'

),

tickets as (

    select * from {{ ref('int_tickets') }}
    where not was_removed_at_first_load

),

incidents as (

    select * from {{ ref('int_incidents') }}

),

-- A problem ticket counts here even where it is no incident, say because it was merged into another.
tickets_that_call_for_a_reaction as (

    select
        tickets.ticket_id,
        tickets.incident_id,
        tickets.recorded_on,
        tickets.removed_on
    from tickets
    left join incidents
        on tickets.incident_id = incidents.incident_id
    where tickets.ticket_type = 'problem' or incidents.incident_id is not null

),

-- The text before the first link is no link: the mark in front of it keeps it from being read as a number.
links_and_what_follows as (

    {{ split_rows('titles_with_links', "'|' || title", '[#') }}

),

linked as (

    select
        touches.touch_id,
        tickets_that_call_for_a_reaction.incident_id,
        tickets_that_call_for_a_reaction.recorded_on,
        tickets_that_call_for_a_reaction.removed_on
    from touches
    inner join tickets_that_call_for_a_reaction
        on touches.incident_id = tickets_that_call_for_a_reaction.incident_id

    union distinct

    select
        links_and_what_follows.touch_id,
        tickets_that_call_for_a_reaction.incident_id,
        tickets_that_call_for_a_reaction.recorded_on,
        tickets_that_call_for_a_reaction.removed_on
    from links_and_what_follows
    inner join tickets_that_call_for_a_reaction
        on split_part(links_and_what_follows.item, ']', 1) = tickets_that_call_for_a_reaction.ticket_id
    where links_and_what_follows.title like '%[#' || tickets_that_call_for_a_reaction.ticket_id || ']%'

)

select * from linked
