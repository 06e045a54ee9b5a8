with

spells as (

    select * from {{ ref('int_role_spells') }}
    where next_employee_id <> employee_id

),

touches as (

    select * from {{ ref('int_touches_classified') }}

),

touches_of_the_outgoing as (

    select
        spells.assignment_id,
        'outgoing' as side,
        greatest(touches.occurred_on, touches.recorded_on) as known_from_on,
        touches.removed_on as known_until_on
    from spells
    inner join touches
        on spells.customer_id = touches.customer_id
        and spells.employee_id = touches.employee_id
        and touches.occurred_on
        between {{ add_days('spells.ended_on', -30) }} and {{ add_days('spells.ended_on', 30) }}

),

touches_of_the_incoming as (

    select
        spells.assignment_id,
        'incoming' as side,
        greatest(touches.occurred_on, touches.recorded_on) as known_from_on,
        touches.removed_on as known_until_on
    from spells
    inner join touches
        on spells.customer_id = touches.customer_id
        and spells.next_employee_id = touches.employee_id
        and touches.occurred_on
        between {{ add_days('spells.next_started_on', -30) }} and {{ add_days('spells.next_started_on', 30) }}

),

handoff_touches as (

    select * from touches_of_the_outgoing

    union distinct

    select * from touches_of_the_incoming

)

select * from handoff_touches
where known_until_on is null or known_until_on > known_from_on
