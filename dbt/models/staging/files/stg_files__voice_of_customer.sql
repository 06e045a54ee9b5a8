with

source as (
    select * from {{ ref('raw_files__voice_of_customer') }}
),

timed as (
    select
        record_id,
        customer_id as customer_reference,
        {{ parse_timestamp('heard_at') }} as heard_at,
        kind,
        theme,
        department,
        employee_id as employee_reference,
        channel,
        quote,
        file_name,
        file_hash,
        row_number,
        source_url,
        is_in_first_complete_load,
        first_landed_at,
        last_landed_at,
        removed_at,
        was_removed_at_first_load
    from source
),

known as (
    select
        *,
        case
            when is_in_first_complete_load then least(heard_at, first_landed_at)
            else first_landed_at
        end as recorded_at
    from timed
),

renamed as (
    select
        'files:' || record_id as voice_id,
        record_id as id_in_file,
        customer_reference,
        heard_at,
        {{ day_of('heard_at') }} as heard_on,
        kind,
        theme,
        department,
        employee_reference,
        channel,
        quote,
        file_hash,
        {{ provenance('files', 'voice_of_customer', "file_name || ':' || row_number", 'source_url') }}
    from known
)

select * from renamed
