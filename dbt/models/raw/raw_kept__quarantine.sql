{{ config(post_hook="{{ quarantine_views(this) }}") }}

with

held as (
    {{ landing('kept__quarantine') }}
),

admissions as (
    select * from {{ ref('raw_kept__admissions') }}
),

releases as (
    {{ landing('kept__releases') }}
),

first_releases as (
    select
        quarantine_id,
        released_at,
        reason
    from releases
    qualify row_number() over (partition by quarantine_id order by released_at, reason) = 1
),

judged as (
    select
        held.quarantine_id,
        held.source_system,
        held.source_table,
        nullif(held.record_id, '') as source_record_id,
        held.rule,
        held.reason,
        held.load_id,
        held.landed_at as held_back_at,
        first_releases.released_at is not null as is_released,
        first_releases.released_at,
        first_releases.reason as release_reason,
        held.landing_file,
        held.landing_row
    from held
    inner join admissions
        on held.source_system = admissions.source_system
        and held.load_id = admissions.load_id
    left join first_releases
        on held.quarantine_id = first_releases.quarantine_id
)

select * from judged
