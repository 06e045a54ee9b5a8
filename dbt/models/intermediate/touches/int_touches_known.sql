with

touches as (

    select * from {{ ref('int_touches_described') }}

),

links as (

    select * from {{ ref('int_touches_linked_to_incidents') }}

),

-- What a touch reacted to may be entered after it or be deleted later, and is known only in between.
days_of_change as (

    select
        touch_id,
        recorded_on as known_from_on
    from touches

    union distinct

    select
        touches.touch_id,
        links.recorded_on as known_from_on
    from touches
    inner join links
        on touches.touch_id = links.touch_id
    where links.recorded_on > touches.recorded_on

    union distinct

    select
        touches.touch_id,
        links.removed_on as known_from_on
    from touches
    inner join links
        on touches.touch_id = links.touch_id
    where links.removed_on > touches.recorded_on

),

periods_of_knowledge as (

    select
        touch_id,
        known_from_on,
        lead(known_from_on) over (partition by touch_id order by known_from_on) as next_known_from_on
    from days_of_change

),

reactions as (

    select distinct
        periods_of_knowledge.touch_id,
        periods_of_knowledge.known_from_on
    from periods_of_knowledge
    inner join links
        on periods_of_knowledge.touch_id = links.touch_id
        and periods_of_knowledge.known_from_on >= links.recorded_on
        and (links.removed_on is null or periods_of_knowledge.known_from_on < links.removed_on)

),

initiated as (

    select
        touches.*,
        periods_of_knowledge.known_from_on,
        case
            when periods_of_knowledge.next_known_from_on is null then touches.removed_on
            when touches.removed_on < periods_of_knowledge.next_known_from_on then touches.removed_on
            else periods_of_knowledge.next_known_from_on
        end as known_until_on,
        case
            when touches.direction = 'inbound' then 'customer'
            when reactions.touch_id is not null then 'reactive'
            when touches.is_asked_for then 'customer'
            else 'proactive'
        end as initiative
    from touches
    inner join periods_of_knowledge
        on touches.touch_id = periods_of_knowledge.touch_id
    left join reactions
        on periods_of_knowledge.touch_id = reactions.touch_id
        and periods_of_knowledge.known_from_on = reactions.known_from_on
    where
        touches.removed_on is null
        or periods_of_knowledge.known_from_on < touches.removed_on
        or periods_of_knowledge.known_from_on = touches.recorded_on

),

known as (

    select
        *,
        (initiative = 'proactive' and substance = 'substantive' and not is_sales and is_two_way) as is_pulse_check
    from initiated

)

select * from known
