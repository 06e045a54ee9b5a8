with

markers as (
    {{ landing('_dlt_loads') }}
),

admissions as (
    select
        schema_name as source_system,
        load_id,
        min(inserted_at) as admitted_at
    from markers
    where status = 0
    group by all
)

select * from admissions
