{#-
    One row per row that a file of a landing table ever said of one thing (record_id), as states are kept: a later file
    replaces what an earlier one said, from its landing on, and the months before go on as they were known. What a
    table's first files say counts from its own time.
-#}
{% macro file_versions(table_name) -%}
with

admitted as (
    {{ admitted_rows(table_name) }}
),

said as (
    select *
    from admitted
    where record_id is not null
    qualify row_number() over (
        partition by record_id, load_id
        order by _landing_file desc, _landing_row desc
    ) = 1
),

versions as (
    select
        {%- if execute %}
        {%- for column in (
            graph.sources.values()
            | selectattr('source_name', 'equalto', 'landing')
            | selectattr('name', 'equalto', table_name)
            | first
        ).columns.values() if not column.name.startswith('_') %}
        {{ adapter.quote(column.name) }},
        {%- endfor %}
        {%- endif %}
        load_id,
        is_in_first_complete_load,
        landed_at as first_landed_at,
        landed_at as last_landed_at,
        lead(landed_at) over (partition by record_id order by load_id) as removed_at
    from said
)

select * from versions
{%- endmacro %}
