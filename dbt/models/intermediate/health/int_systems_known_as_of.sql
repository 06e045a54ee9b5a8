with

as_of_days as (

    select
        as_of_on,
        case
            when is_run_day then {{ as_of_at() }}
            else {{ start_of_day(add_days('as_of_on', 1)) }}
        end as looked_at
    from {{ ref('int_as_of_days') }}

),

loads as (

    select * from {{ ref('raw_kept__loads') }}
    where is_admitted

),

connected_systems as (

    select * from {{ ref('int_connected_systems') }}

),

-- The drop folder is looked at at every refresh: only what brought rows says anything, and of customers only what is no
-- outcome of our own actions.
loads_that_tell as (

    select
        connected_systems.source_system,
        connected_systems.capability,
        {{ var('freshness_hours') }} as hours_fresh,
        loads.landed_at
    from loads
    inner join connected_systems
        on loads.source_system = connected_systems.source_system
    where loads.source_system <> 'files'

    union all

    select
        source_system,
        'files' as capability,
        24 * {{ var('files_fresh_days') }} as hours_fresh,
        landed_at
    from loads
    where source_system = 'files' and source_table <> 'files__action_outcomes' and row_count > 0

),

systems_on_days as (

    select
        loads_that_tell.source_system,
        loads_that_tell.capability,
        loads_that_tell.hours_fresh,
        as_of_days.as_of_on,
        as_of_days.looked_at,
        max(case when loads_that_tell.landed_at <= as_of_days.looked_at then loads_that_tell.landed_at end)
            as last_landed_at
    from loads_that_tell
    cross join as_of_days
    group by
        loads_that_tell.source_system,
        loads_that_tell.capability,
        loads_that_tell.hours_fresh,
        as_of_days.as_of_on,
        as_of_days.looked_at

),

-- Before its first load a system is told of by that load, which brought its past.
known as (

    select
        capability,
        as_of_on,
        bool_and(
            last_landed_at is null
            or {{ hours_between('last_landed_at', 'looked_at') }} <= hours_fresh
        ) as is_fresh
    from systems_on_days
    group by capability, as_of_on

)

select * from known
