with

source as (
    select * from {{ ref('raw_files__voice_of_customer_versions') }}
),

timed as (
    select
        *,
        {{ parse_timestamp('heard_at') }} as was_heard_at,
        {{ parse_timestamp('acted_on_at') }} as told_at
    from source
    where acted_on_at is not null
),

-- A file may tell the day alone: on the day on which it was heard that is no hour before.
known as (
    select
        *,
        case
            when {{ day_of('told_at') }} = {{ day_of('was_heard_at') }} then greatest(told_at, was_heard_at)
            else told_at
        end as acted_at,
        case
            when is_in_first_complete_load then least(was_heard_at, first_landed_at)
            else first_landed_at
        end as recorded_at,
        false as was_removed_at_first_load
    from timed
),

renamed as (
    select
        'files:' || record_id as voice_id,
        'files:' || file_hash as record_id,
        acted_at,
        {{ day_of('acted_at') }} as acted_on,
        {{ provenance('files', 'voice_of_customer', "file_name || ':' || row_number", 'source_url') }}
    from known
)

select * from renamed
