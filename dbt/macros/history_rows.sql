{#-
    One row per entry of a property's history (a JSON array of value and timestamp, newest first): the relation's columns,
    `position` (0 is the newest), `value` (null where it was emptied) and `changed_at`. Where the vendor has no history of a
    property that has a value now, it counts from the record's creation. The relation has the columns `history`,
    `current_value` and `recorded_at`.
-#}
{% macro history_rows(relation) -%}
    select
        *,
        nullif({{ json_text('item', 'value') }}, '') as value,
        {{ parse_timestamp(json_text('item', 'timestamp')) }} as changed_at
    from (
        {{ json_array_rows(relation, 'history') }}
    ) as entries

    union all

    select
        *,
        cast(null as {{ dbt.type_string() }}) as item,
        0 as position,
        current_value as value,
        recorded_at as changed_at
    from {{ relation }}
    where current_value is not null and coalesce(history, '[]') = '[]'
{%- endmacro %}
