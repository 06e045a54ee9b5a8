{#- A folder of landing, under KEPT_DATA_DIR. -#}
{% macro landing_folder(name) -%}
    {{ return(env_var('KEPT_DATA_DIR', '../data') ~ '/landing/' ~ name) }}
{%- endmacro %}

{#-
    The rows of a landing table as they came, admitted or not, with the file and row they stand in. Its columns are
    those that _sources.yml declares, also before any file exists: DuckDB raises on a pattern that matches nothing, so
    that is decided when the model runs. In a unit test the rows are the fixture's.
-#}
{% macro landing(table_name) -%}
    {%- set relation = source('landing', table_name) -%}
    {%- if not execute or relation.is_cte -%}
    select * from {{ relation }}
    {%- else -%}
    {%- set columns = (
        graph.sources.values()
        | selectattr('source_name', 'equalto', 'landing')
        | selectattr('name', 'equalto', table_name)
        | first
    ).columns.values() -%}
    {{ adapter.dispatch('read_landing', 'kept')(table_name, columns) }}
    {%- endif -%}
{%- endmacro %}

{% macro duckdb__read_landing(table_name, columns) -%}
    {%- set extension = 'jsonl' if table_name == '_dlt_loads' else 'parquet' -%}
    {%- set pattern = landing_folder(table_name) ~ '/*.' ~ extension -%}
    {%- set has_files = run_query("select count(*) from glob('" ~ pattern ~ "')").columns[0].values()[0] > 0 -%}
    select
        {%- for column in columns %}
        cast({{ adapter.quote(column.name) }} as {{ column.data_type }}) as {{ adapter.quote(column.name) }},
        {%- endfor %}
        cast(_landing_file as text) as _landing_file,
        cast(_landing_row as bigint) as _landing_row
    from (
        select
            {%- for column in columns %}
            cast(null as {{ column.data_type }}) as {{ adapter.quote(column.name) }},
            {%- endfor %}
            cast(null as text) as _landing_file,
            cast(null as bigint) as _landing_row
        where false
        {%- if has_files and extension == 'parquet' %}
        union all by name
        select
            * exclude (filename, file_row_number),
            parse_filename(filename) as _landing_file,
            file_row_number as _landing_row
        from read_parquet('{{ pattern }}', union_by_name = true, filename = true, file_row_number = true)
        {%- elif has_files %}
        union all by name
        select
            * exclude (filename),
            parse_filename(filename) as _landing_file
        from read_json('{{ pattern }}', format = 'newline_delimited', union_by_name = true, filename = true)
        {%- endif %}
    ) as landed
{%- endmacro %}

{#- True of a row of landing (an alias, a Jinja string) that gate 1 holds back and nobody has released: an SQL expression. -#}
{% macro is_held_back(table_name, landed) -%}
    exists (
        select 1
        from {{ ref('raw_kept__quarantine') }} as held
        where not held.is_released
            and held.source_table = '{{ table_name }}'
            and held.landing_file = {{ landed }}._landing_file
            and held.landing_row = {{ landed }}._landing_row
    )
{%- endmacro %}

{#-
    The admitted rows of a landing table: those of loads whose marker stands in _dlt_loads, without what of them is held
    back. Adds load_id, landed_at and is_in_first_complete_load (the first admitted load that read the whole table).
-#}
{% macro admitted_rows(table_name) -%}
    select
        landed.*,
        landed._dlt_load_id as load_id,
        landed._landed_at as landed_at,
        coalesce(loads.is_first_complete_load, false) as is_in_first_complete_load
    from ({{ landing(table_name) }}) as landed
    inner join {{ ref('raw_kept__admissions') }} as admissions
        on landed._dlt_load_id = admissions.load_id
        and admissions.source_system = '{{ table_name.split('__')[0] }}'
    left join {{ ref('raw_kept__loads') }} as loads
        on landed._dlt_load_id = loads.load_id
        and loads.source_table = '{{ table_name }}'
    where not {{ is_held_back(table_name, 'landed') }}
{%- endmacro %}

{#- A view for every landing table of what is held back of it, in the schema quarantine: for a person who looks there. -#}
{% macro quarantine_views(relation) -%}
    {%- if execute -%}
    {%- do run_query('create schema if not exists quarantine') -%}
    {%- for source in graph.sources.values() if '__' in source.name.strip('_') and not source.name.startswith('kept__') -%}
    {%- do run_query(
        'create or replace view quarantine.' ~ source.name ~ ' as select * from ' ~ relation
        ~ " where source_table = '" ~ source.name ~ "'"
    ) -%}
    {%- endfor -%}
    {%- endif -%}
{%- endmacro %}

{#-
    One row per record of a landing table: its newest admitted version by the vendor's time of change, then by load,
    then as later in it; of a removed record the newest version that stood, so that a deletion that empties fields does
    not rewrite the months before it. Expressions over the landed columns:
    record_id, recorded_at (when the record was entered), changed_at (when this version was made), is_removed, removed_at.
    Adds recorded_at, last_recorded_at, first_landed_at, last_landed_at, removed_at (the first removal since the record
    last stood, null while it stands), was_removed_at_first_load, is_in_first_complete_load.
-#}
{% macro newest_versions(table_name, record_id, recorded_at, changed_at, is_removed, removed_at) -%}
with

admitted as (
    {{ admitted_rows(table_name) }}
),

versions as (
    select
        *,
        {{ recorded_at }} as version_recorded_at,
        {{ changed_at }} as version_changed_at,
        coalesce({{ is_removed }}, false) as is_removed_version,
        {{ removed_at }} as version_removed_at
    from admitted
    where {{ record_id }} is not null
),

ordered as (
    select
        *,
        row_number() over (
            partition by {{ record_id }}
            order by
                version_changed_at nulls first,
                load_id,
                is_removed_version,
                _landing_file,
                _landing_row
        ) as version_number
    from versions
),

compared as (
    select
        *,
        max(case when not is_removed_version then version_number end) over (
            partition by {{ record_id }}
        ) as last_standing_version_number,
        max(version_number) over (partition by {{ record_id }}) as last_version_number
    from ordered
),

records as (
    select
        {{ record_id }} as record_id,
        min(version_recorded_at) as recorded_at,
        max(version_changed_at) as last_recorded_at,
        min(landed_at) as first_landed_at,
        max(landed_at) as last_landed_at,
        min(case when version_number > coalesce(last_standing_version_number, 0) then version_removed_at end)
            as removed_at,
        bool_or(is_in_first_complete_load and is_removed_version)
        and not bool_or(is_in_first_complete_load and not is_removed_version)
        and coalesce(max(last_standing_version_number), 0) < max(version_number) as was_removed_at_first_load,
        bool_or(is_in_first_complete_load) as is_in_first_complete_load
    from compared
    group by {{ record_id }}
),

newest as (
    select
        {%- if execute %}
        {%- for column in (
            graph.sources.values()
            | selectattr('source_name', 'equalto', 'landing')
            | selectattr('name', 'equalto', table_name)
            | first
        ).columns.values() if not column.name.startswith('_') %}
        compared.{{ adapter.quote(column.name) }},
        {%- endfor %}
        {%- endif %}
        compared.load_id,
        records.recorded_at,
        records.last_recorded_at,
        records.first_landed_at,
        records.last_landed_at,
        records.removed_at,
        records.was_removed_at_first_load,
        records.is_in_first_complete_load
    from compared
    inner join records on compared.{{ record_id }} = records.record_id
    where compared.version_number = coalesce(compared.last_standing_version_number, compared.last_version_number)
)

select * from newest
{%- endmacro %}

{#-
    The landing tables of what is read: the systems that KEPT_SOURCES names (all if empty), and the drop folder always.
    A select of source_system, source_table.
-#}
{% macro configured_tables() -%}
    {%- set systems = env_var('KEPT_SOURCES', '').split(',') | map('trim') | select | list -%}
    {%- set tables = [] -%}
    {%- if execute -%}
    {%- for source in graph.sources.values() if '__' in source.name.strip('_') and not source.name.startswith('kept__') -%}
    {%- if not systems or source.name.split('__')[0] in systems + ['files'] -%}
    {%- do tables.append(source.name) -%}
    {%- endif -%}
    {%- endfor -%}
    {%- endif -%}
    {%- for table_name in tables | sort %}
    select
        '{{ table_name.split('__')[0] }}' as source_system,
        '{{ table_name }}' as source_table
    union all
    {%- endfor %}
    select
        cast(null as {{ dbt.type_string() }}) as source_system,
        cast(null as {{ dbt.type_string() }}) as source_table
    where false
{%- endmacro %}
