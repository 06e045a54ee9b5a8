with

held as (
    select * from {{ ref('raw_kept__quarantine') }}
),

listed as (
    select
        quarantine_id,
        source_system,
        source_table,
        source_record_id,
        rule,
        reason,
        load_id,
        held_back_at,
        is_released,
        released_at,
        release_reason
    from held
)

select * from listed
