{#- True if a system of that capability (crm, ticketing, hr; a Jinja string) has an admitted load: an SQL expression. -#}
{% macro is_connected(capability) -%}
    (
        select count(*) > 0
        from {{ ref('int_connected_systems') }}
        where capability = '{{ capability }}'
    )
{%- endmacro %}
