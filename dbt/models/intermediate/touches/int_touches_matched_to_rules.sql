with

touches as (

    select * from {{ ref('int_touches_gathered') }}

),

texts as (

    select texts.*
    from {{ ref('int_touch_texts_matched_to_rules') }} as texts
    inner join {{ ref('int_touch_rule_sets') }} as rule_sets
        on texts.rule_set_id = rule_sets.rule_set_id

),

fields as (

    {% for field in ['activity_type', 'title', 'body', 'tag', 'note'] -%}
    select
        touch_id,
        direction,
        '{{ field }}' as field,
        md5({{ field }}) as text_id
    from touches
    where {{ field }} is not null
    {%- if not loop.last %}

    union all

    {% endif %}
    {%- endfor %}

),

matched as (

    select
        fields.touch_id,
        texts.priority,
        texts.rule,
        texts.substance,
        texts.theme,
        bool_or(texts.is_sales) over (partition by fields.touch_id) as is_sales,
        bool_or(texts.is_holding and fields.direction = 'outbound') over (
            partition by fields.touch_id
        ) as is_holding_reply,
        bool_or(fields.field = 'note' and texts.rule is not null) over (
            partition by fields.touch_id
        ) as is_note_to_the_customer
    from fields
    inner join texts
        on fields.field = texts.field
        and fields.text_id = texts.text_id
    where texts.rule is not null or texts.is_holding
    qualify row_number() over (partition by fields.touch_id order by texts.priority nulls last) = 1

)

select * from matched
