with

as_of_days as (

    select * from {{ ref('int_as_of_days') }}

),

spells as (

    select * from {{ ref('int_role_spells') }}

),

deals as (

    select * from {{ ref('int_deals_as_of') }}

),

team_spells as (

    select
        spells.*,
        as_of_days.as_of_on,
        as_of_days.is_run_day,
        cast(null as timestamp) as closed_at
    from spells
    inner join as_of_days
        on spells.started_on <= as_of_days.as_of_on
        and (spells.removed_on is null or spells.removed_on > as_of_days.as_of_on)
    where spells.role <> 'seller'

),

-- Whether a deal is new business, and when it closed, are themselves read as known then. A deal entered after its close
-- was sold by whoever owned it first.
seller_spells as (

    select
        spells.*,
        as_of_days.as_of_on,
        as_of_days.is_run_day,
        deals.closed_at
    from spells
    inner join as_of_days
        on spells.started_on <= as_of_days.as_of_on
        and (spells.removed_on is null or spells.removed_on > as_of_days.as_of_on)
    inner join deals
        on spells.deal_id = deals.deal_id
        and as_of_days.as_of_on = deals.as_of_on
    where
        spells.role = 'seller'
        and deals.deal_kind = 'new_business'
        and (
            deals.closed_at is null
            or spells.started_at < deals.closed_at
            or (spells.is_first and spells.record_created_at >= deals.closed_at)
        )

),

spells_known as (

    select * from team_spells

    union all

    select * from seller_spells

),

ended_as_known as (

    select
        spells_known.*,
        coalesce(
            closed_at is not null and (ended_at is null or ended_at >= closed_at),
            false
        ) as is_ended_by_close,
        (
            next_started_on <= as_of_on
            and (closed_at is null or next_started_at < closed_at)
        ) as is_followed
    from spells_known

),

spells_as_of as (

    select
        assignment_id,
        as_of_on,
        is_run_day,
        record_id,
        deal_id,
        customer_id,
        role,
        employee_id,
        started_at,
        started_on,
        case
            when is_ended_by_close then greatest(closed_at, started_at)
            when ended_on <= as_of_on then ended_at
        end as ended_at,
        case
            when is_ended_by_close then {{ day_of('greatest(closed_at, started_at)') }}
            when ended_on <= as_of_on then ended_on
        end as ended_on,
        is_ended_by_close,
        case when is_followed then next_employee_id end as next_employee_id,
        case when is_followed then next_started_on end as next_started_on,
        (
            ended_on <= as_of_on
            and not is_ended_by_close
            and not coalesce(is_followed and next_employee_id = employee_id, false)
        ) is true as is_change,
        source_system,
        source_object,
        source_record_id,
        source_url,
        recorded_at,
        removed_at,
        removed_on
    from ended_as_known

),

-- The people measures look back 365 days, and at who sold: older changes are needed on the run's own day alone.
spells_needed as (

    select * from spells_as_of
    where
        is_run_day
        or role = 'seller'
        or ended_on is null
        or ended_on > {{ add_days('as_of_on', -365) }}

)

select * from spells_needed
