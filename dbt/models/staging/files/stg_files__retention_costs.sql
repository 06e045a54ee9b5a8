with

source as (
    select * from {{ ref('raw_files__retention_costs') }}
),

dated as (
    select
        *,
        {{ parse_date("substr(month, 1, 7) || '-01'") }} as spent_in_month
    from source
),

-- A month's cost is known when the month is over.
known as (
    select
        *,
        case
            when is_in_first_complete_load
                then least({{ start_of_day(add_days(add_months('spent_in_month', '1'), '-1')) }}, first_landed_at)
            else first_landed_at
        end as recorded_at,
        false as was_removed_at_first_load
    from dated
),

renamed as (
    select
        'files:' || record_id as retention_cost_id,
        customer_id as customer_reference,
        segment,
        spent_in_month as month,
        {{ number_of('acquisition_cost') }} as acquisition_cost,
        {{ number_of('retention_cost') }} as retention_cost,
        coalesce(currency, '{{ var("reporting_currency") }}') as currency,
        file_hash,
        {{ provenance(
            'files', 'retention_costs', "file_name || ':' || row_number", 'cast(null as ' ~ dbt.type_string() ~ ')'
        ) }}
    from known
)

select * from renamed
