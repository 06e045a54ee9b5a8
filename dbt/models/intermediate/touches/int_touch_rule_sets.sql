{% set rule_in_full -%}
    cast(priority as {{ dbt.type_string() }}) || '|' || field || '|' || phrase || '|' || substance
    || '|' || coalesce(theme, '') || '|' || rule
{%- endset %}

with

rules as (

    select * from {{ sound_rows('touch_rules') }}

),

holding_phrases as (

    select * from {{ sound_rows('holding_phrases') }}

),

rules_in_full as (

    select {{ rule_in_full }} as rule_in_full
    from rules

    union all

    select 'holding|' || phrase as rule_in_full
    from holding_phrases

),

rule_sets as (

    -- How a text is normalized is part of what the rules say: its code has a part in the id.
    select
        md5(
            '{{ local_md5(normalized_text('text_as_written')) }}'
            || coalesce({{ ordered_texts('rule_in_full', ' ') }}, '')
        ) as rule_set_id
    from rules_in_full

)

select * from rule_sets
