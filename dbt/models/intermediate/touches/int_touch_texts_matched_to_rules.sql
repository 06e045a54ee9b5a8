{{ config(materialized='incremental', incremental_strategy='append') }}

-- A text says the same at every refresh, so it is read once, and again only when the rules change.

with

activities as (

    select * from {{ ref('int_activities') }}
    where is_touch and not was_removed_at_first_load

),

rules as (

    select
        priority,
        field,
        substance,
        nullif(theme, '') as theme,
        rule,
        {{ normalized_text('phrase') }} as words
    from {{ ref('touch_rules') }}

),

rule_sets as (

    select * from {{ ref('int_touch_rule_sets') }}

),

texts as (

    select
        'activity_type' as field,
        activity_type as text_as_written
    from activities
    where activity_type is not null

    union distinct

    select
        'title' as field,
        title as text_as_written
    from activities
    where title is not null

    union distinct

    select
        'body' as field,
        body as text_as_written
    from activities
    where body is not null

),

texts_to_read as (

    select
        rule_sets.rule_set_id,
        texts.field,
        md5(texts.text_as_written) as text_id,
        {{ normalized_text('texts.text_as_written') }} as words
    from texts
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

first_matches as (

    select
        rule_set_id,
        field,
        text_id,
        priority,
        rule,
        substance,
        theme,
        coalesce(bool_or(substance = 'sales') over (partition by rule_set_id, field, text_id), false) as is_sales
    from matches
    qualify row_number() over (partition by rule_set_id, field, text_id order by priority) = 1

)

select * from first_matches
