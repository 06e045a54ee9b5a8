{% set rule_in_full -%}
    cast(priority as {{ dbt.type_string() }}) || '|' || field || '|' || phrase || '|' || substance
    || '|' || coalesce(theme, '') || '|' || rule
{%- endset %}

with

rules as (

    select * from {{ ref('touch_rules') }}

),

rule_sets as (

    -- How a text is normalized is part of what the rules say: its code has a part in the id.
    select
        md5(
            '{{ local_md5(normalized_text('text_as_written')) }}'
            || coalesce({{ ordered_texts(rule_in_full, ' ') }}, '')
        ) as rule_set_id
    from rules

)

select * from rule_sets
