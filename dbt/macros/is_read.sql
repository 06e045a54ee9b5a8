{#- True if a table of that name (a Jinja string) was once read whole, from whatever system or file: an SQL expression. -#}
{% macro is_read(name) -%}
    (
        select count(*) > 0
        from {{ ref('raw_kept__loads') }}
        where is_admitted and is_complete and {{ dbt.split_part('source_table', "'__'", 2) }} = '{{ name }}'
    )
{%- endmacro %}
