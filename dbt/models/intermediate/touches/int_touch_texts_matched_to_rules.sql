{{ config(materialized='incremental', incremental_strategy='append', on_schema_change='append_new_columns') }}

-- A text says the same at every refresh, so it is read once, and again only when the rules change.

with

touches as (

    select * from {{ ref('int_touches_gathered') }}

),

rules as (

    select
        priority,
        field,
        substance,
        nullif(theme, '') as theme,
        rule,
        {{ normalized_text('phrase') }} as words
    from {{ sound_rows('touch_rules') }}

),

holding_phrases as (

    select {{ normalized_text('phrase') }} as words
    from {{ sound_rows('holding_phrases') }}

),

rule_sets as (

    select * from {{ ref('int_touch_rule_sets') }}

),

texts as (

    {% for field in ['activity_type', 'title', 'body', 'tag', 'note'] -%}
    select
        '{{ field }}' as field,
        {{ field }} as text_as_written
    from touches
    where {{ field }} is not null
    {%- if not loop.last %}

    union distinct

    {% endif %}
    {%- endfor %}

),

-- Tags and notes are read only where a rule asks for them.
fields_read as (

    select field from rules

    union distinct

    select 'title' as field

    union distinct

    select 'body' as field

),

texts_to_read as (

    select
        rule_sets.rule_set_id,
        texts.field,
        md5(texts.text_as_written) as text_id,
        {{ normalized_text('texts.text_as_written') }} as words
    from texts
    inner join fields_read
        on texts.field = fields_read.field
    cross join rule_sets
    {%- if is_incremental() %}
    left join {{ this }} as texts_read
        on rule_sets.rule_set_id = texts_read.rule_set_id
        and texts.field = texts_read.field
        and md5(texts.text_as_written) = texts_read.text_id
    where texts_read.text_id is null
    {%- endif %}

),

matches as (

    select
        texts_to_read.rule_set_id,
        texts_to_read.field,
        texts_to_read.text_id,
        rules.priority,
        rules.rule,
        rules.substance,
        rules.theme
    from texts_to_read
    left join rules
        on texts_to_read.field = rules.field
        and texts_to_read.words like '%' || rules.words || '%'

),

texts_that_hold_off as (

    select distinct
        texts_to_read.field,
        texts_to_read.text_id
    from texts_to_read
    inner join holding_phrases
        on texts_to_read.words like '%' || holding_phrases.words || '%'
    where texts_to_read.field in ('title', 'body')

),

first_matches as (

    select
        matches.rule_set_id,
        matches.field,
        matches.text_id,
        matches.priority,
        matches.rule,
        matches.substance,
        matches.theme,
        coalesce(
            bool_or(matches.substance = 'sales') over (
                partition by matches.rule_set_id, matches.field, matches.text_id
            ),
            false
        ) as is_sales,
        texts_that_hold_off.text_id is not null as is_holding
    from matches
    left join texts_that_hold_off
        on matches.field = texts_that_hold_off.field
        and matches.text_id = texts_that_hold_off.text_id
    qualify row_number() over (
        partition by matches.rule_set_id, matches.field, matches.text_id
        order by matches.priority
    ) = 1

)

select * from first_matches
