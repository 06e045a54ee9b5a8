with

loads as (
    select * from {{ ref('raw_kept__loads') }}
),

configured_tables as (
    {{ configured_tables() }}
),

source_tables as (
    select
        source_system,
        source_table
    from configured_tables

    union

    select
        source_system,
        source_table
    from loads
),

last_attempts as (
    select *
    from loads
    qualify row_number() over (partition by source_table order by load_id desc) = 1
),

last_good_loads as (
    select
        source_table,
        max_by(landed_at, load_id) as last_good_load_at,
        max_by(row_count, load_id) as row_count,
        max({{ parse_timestamp('newest_record_at') }}) as newest_record_at
    from loads
    where is_admitted
    group by source_table
),

aged as (
    select
        source_tables.source_system,
        source_tables.source_table,
        last_good_loads.last_good_load_at,
        last_good_loads.row_count,
        last_good_loads.newest_record_at,
        case
            when last_good_loads.last_good_load_at is not null
                then greatest({{ hours_between('last_good_loads.last_good_load_at', as_of_at()) }}, 0)
        end as age_hours,
        last_attempts.verdict as last_verdict,
        last_attempts.reason as last_reason,
        last_attempts.rules_passed,
        last_attempts.rules_warned,
        last_attempts.rules_failed
    from source_tables
    left join last_good_loads on source_tables.source_table = last_good_loads.source_table
    left join last_attempts on source_tables.source_table = last_attempts.source_table
),

judged as (
    select
        source_system,
        source_table,
        last_good_load_at,
        row_count,
        newest_record_at,
        age_hours,
        case
            when age_hours is null then 'never'
            when age_hours <= {{ var('freshness_hours') }} then 'fresh'
            else 'stale'
        end as freshness,
        last_verdict,
        last_reason,
        rules_passed,
        rules_warned,
        rules_failed
    from aged
)

select * from judged
