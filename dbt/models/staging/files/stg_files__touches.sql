with

source as (
    select * from {{ ref('raw_files__touches') }}
),

timed as (
    select
        record_id,
        customer_id as customer_reference,
        {{ parse_timestamp('occurred_at') }} as occurred_at,
        channel,
        direction,
        coalesce(substance, 'unclassified') as substance,
        theme,
        coalesce(is_sales = 'true', coalesce(substance = 'sales', false)) as is_sales,
        coalesce(is_holding_reply = 'true', false) as is_holding_reply,
        employee_id as employee_reference,
        contact_id as contact_reference,
        {{ number_of('customer_talk_share') }} as customer_talk_share,
        {{ number_of('duration_minutes') }} as duration_minutes,
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
            when is_in_first_complete_load then least(occurred_at, first_landed_at)
            else first_landed_at
        end as recorded_at
    from timed
),

renamed as (
    select
        'files:' || record_id as touch_id,
        customer_reference,
        occurred_at,
        {{ day_of('occurred_at') }} as occurred_on,
        channel,
        direction,
        substance,
        theme,
        is_sales,
        is_holding_reply,
        employee_reference,
        contact_reference,
        customer_talk_share,
        duration_minutes,
        file_hash,
        {{ provenance('files', 'touches', "file_name || ':' || row_number", 'source_url') }}
    from known
)

select * from renamed
