with

source as (
    select * from {{ ref('raw_files__product_usage') }}
),

dated as (
    select
        *,
        {{ parse_date("substr(month, 1, 7) || '-01'") }} as used_in_month
    from source
),

-- A month's use is known when the month is over.
known as (
    select
        *,
        case
            when is_in_first_complete_load
                then least({{ start_of_day(add_days(add_months('used_in_month', '1'), '-1')) }}, first_landed_at)
            else first_landed_at
        end as recorded_at,
        false as was_removed_at_first_load
    from dated
),

renamed as (
    select
        'files:' || record_id as product_usage_id,
        customer_id as customer_reference,
        product,
        used_in_month as month,
        {{ number_of('units_bought') }} as units_bought,
        {{ number_of('units_used') }} as units_used,
        file_hash,
        {{ provenance(
            'files', 'product_usage', "file_name || ':' || row_number", 'cast(null as ' ~ dbt.type_string() ~ ')'
        ) }}
    from known
)

select * from renamed
