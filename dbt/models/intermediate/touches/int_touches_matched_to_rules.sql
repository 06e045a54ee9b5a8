with

activities as (

    select * from {{ ref('int_activities') }}
    where is_touch and not was_removed_at_first_load

),

texts as (

    select texts.*
    from {{ ref('int_touch_texts_matched_to_rules') }} as texts
    inner join {{ ref('int_touch_rule_sets') }} as rule_sets
        on texts.rule_set_id = rule_sets.rule_set_id

),

fields as (

    select
        touch_id,
        'activity_type' as field,
        md5(activity_type) as text_id
    from activities

    union all

    select
        touch_id,
        'title' as field,
        md5(title) as text_id
    from activities

    union all

    select
        touch_id,
        'body' as field,
        md5(body) as text_id
    from activities

),

matched as (

    select
        fields.touch_id,
        texts.priority,
        texts.rule,
        texts.substance,
        texts.theme,
        bool_or(texts.is_sales) over (partition by fields.touch_id) as is_sales
    from fields
    inner join texts
        on fields.field = texts.field
        and fields.text_id = texts.text_id
    where texts.rule is not null
    qualify row_number() over (partition by fields.touch_id order by texts.priority) = 1

)

select * from matched
