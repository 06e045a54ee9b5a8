with

source as (
    select * from {{ ref('raw_files__action_outcomes') }}
),

-- From here on `recorded_on` is the day from which the row counts, as everywhere; what the person wrote is noted_on.
dated as (
    select
        record_id,
        customer_id as customer_reference,
        driver,
        outcome,
        reason,
        recorded_by,
        {{ parse_date('recorded_on') }} as noted_on,
        file_name,
        file_hash,
        row_number,
        is_in_first_complete_load,
        first_landed_at,
        last_landed_at,
        removed_at
    from source
),

known as (
    select
        *,
        case
            when is_in_first_complete_load then least({{ start_of_day('noted_on') }}, first_landed_at)
            else first_landed_at
        end as recorded_at,
        false as was_removed_at_first_load
    from dated
),

renamed as (
    select
        'files:' || record_id as action_outcome_id,
        customer_reference,
        driver,
        outcome,
        reason,
        recorded_by,
        noted_on,
        file_hash,
        {{ provenance(
            'files', 'action_outcomes', "file_name || ':' || row_number", 'cast(null as ' ~ dbt.type_string() ~ ')'
        ) }}
    from known
)

select * from renamed
