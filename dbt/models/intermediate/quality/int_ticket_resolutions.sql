with

statuses as (

    select
        *,
        coalesce(value in ('solved', 'closed'), false) as is_done
    from {{ ref('int_ticket_field_history') }}
    where field = 'status'

),

compared as (

    select
        *,
        coalesce(
            lag(is_done) over (partition by incident_id order by change_number),
            false
        ) as was_done
    from statuses

),

counted as (

    select
        *,
        max(case when is_done and not was_done then changed_at end) over (
            partition by incident_id
            order by change_number
        ) as last_done_at,
        count(*) filter (where was_done and not is_done) over (
            partition by incident_id
            order by change_number
        ) as reopen_count
    from compared

),

resolutions as (

    select
        incident_id,
        change_number,
        value as status,
        changed_at,
        changed_on,
        next_changed_on,
        case
            when not is_done then null
            when is_from_events then last_done_at
            else solved_at
        end as resolved_at,
        was_done and not is_done as is_reopening,
        reopen_count
    from counted

)

select * from resolutions
