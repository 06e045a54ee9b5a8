{#- The columns of a mart (a Jinja string) that stand in the publication too, by name; none before anything is published. -#}
{% macro columns_published_before(mart) -%}
    {%- if not execute -%}
    {{ return([]) }}
    {%- endif -%}
    {%- set columns = [] -%}
    {%- set model = graph.nodes.values() | selectattr('name', 'equalto', mart) | first -%}
    {%- set before = adapter.dispatch('published_column_names', 'kept')(mart) -%}
    {%- for column in model.columns.values() if column.name in before -%}
    {%- do columns.append(column.name) -%}
    {%- endfor -%}
    {{ return(columns) }}
{%- endmacro %}

{#- The Parquet file of a mart in the publication that stands, none where there is none; the pointer is read once. -#}
{% macro published_file(mart) -%}
    {%- set folder = env_var('KEPT_DATA_DIR', '../data') ~ '/published/parquet' -%}
    {%- set found = run_query("select trim(content, chr(10)) from read_text('" ~ folder ~ "/current*')") -%}
    {%- if found.rows | length == 0 -%}
    {{ return(none) }}
    {%- endif -%}
    {%- set path = folder ~ '/' ~ found.columns[0].values()[0] ~ '/' ~ mart ~ '.parquet' -%}
    {%- set exists = run_query("select count(*) from glob('" ~ path ~ "')").columns[0].values()[0] > 0 -%}
    {{ return(path if exists else none) }}
{%- endmacro %}

{% macro duckdb__published_column_names(mart) -%}
    {%- set path = published_file(mart) -%}
    {%- if path is none -%}
    {{ return([]) }}
    {%- endif -%}
    {{ return(run_query("select name from parquet_schema('" ~ path ~ "')").columns[0].values() | list) }}
{%- endmacro %}

{#- A select of a mart's rows as they stand published; only where columns_published_before has any. -#}
{% macro published_rows(mart) -%}{{ return(adapter.dispatch('published_rows', 'kept')(mart)) }}{%- endmacro %}

{% macro duckdb__published_rows(mart) -%}
    select * from read_parquet('{{ published_file(mart) }}')
{%- endmacro %}
