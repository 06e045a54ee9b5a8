with

loads as (
    {{ landing('kept__loads') }}
),

admissions as (
    select * from {{ ref('raw_kept__admissions') }}
),

judged as (
    select
        loads.source_system,
        loads.source_table,
        loads.load_id,
        loads.landed_at,
        loads.is_complete,
        loads.row_count,
        loads.newest_record_at,
        loads.rules_passed,
        loads.rules_warned,
        loads.rules_failed,
        loads.verdict,
        loads.reason,
        coalesce(loads.rows_held_back, 0) as rows_held_back,
        admissions.load_id is not null as is_admitted,
        admissions.admitted_at
    from loads
    left join admissions
        on loads.source_system = admissions.source_system
        and loads.load_id = admissions.load_id
),

first_complete as (
    select
        source_table,
        min(load_id) as load_id
    from judged
    where is_admitted and is_complete
    group by source_table
),

marked as (
    select
        judged.*,
        first_complete.load_id is not null as is_first_complete_load
    from judged
    left join first_complete
        on judged.source_table = first_complete.source_table
        and judged.load_id = first_complete.load_id
)

select * from marked
