{#-
    The record labelled primary, else the one of the lowest id, among a relation's associated records: a select of `id`
    and `associated_id`. The relation has `id` and the JSON array `associated_records`.
-#}
{% macro primary_association(relation) -%}
    select
        id,
        {{ json_text('item', 'toObjectId') }} as associated_id
    from (
        {{ json_array_rows(relation, 'associated_records') }}
    ) as items
    qualify row_number() over (
        partition by id
        order by
            coalesce(lower({{ json_text('item', 'associationTypes') }}) like '%"label":"primary"%', false) desc,
            try_cast({{ json_text('item', 'toObjectId') }} as bigint) nulls last,
            {{ json_text('item', 'toObjectId') }}
    ) = 1
{%- endmacro %}

{#- A JSON array of the ids among associated records, as they came: a select of `id` and `associated_ids`. -#}
