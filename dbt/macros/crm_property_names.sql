{#- A one-row select of the property names a company's CRM uses for our terms: a column for each term (Jinja strings). -#}
{% macro crm_property_names(source_system, object, terms) -%}
    select
        {%- for term in terms %}
        max(case when term = '{{ term }}' then property end) as {{ term }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('crm_properties') }}
    where source_system = '{{ source_system }}' and object = '{{ object }}'
{%- endmacro %}
