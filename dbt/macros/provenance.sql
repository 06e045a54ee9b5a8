{#- The columns by which every staged row can be followed to its record: constants are Jinja strings, the rest SQL. -#}
{% macro provenance(source_system, source_object, source_record_id, source_url) -%}
    '{{ source_system }}' as source_system,
    '{{ source_object }}' as source_object,
    {{ source_record_id }} as source_record_id,
    {{ source_url }} as source_url,
    recorded_at,
    {{ day_of('recorded_at') }} as recorded_on,
    removed_at,
    {{ day_of('removed_at') }} as removed_on,
    was_removed_at_first_load,
    first_landed_at,
    last_landed_at
{%- endmacro %}
