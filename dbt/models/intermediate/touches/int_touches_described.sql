-- A shorter meeting that says nothing of itself may have been a greeting.
{% set minutes_of_a_meeting_of_substance = 20 %}

with

interactions as (

    select * from {{ ref('int_touches_gathered') }}

),

channels as (

    select
        activity,
        channel,
        {{ normalized_text('activity_type') }} as activity_type_words
    from {{ sound_rows('activity_channels') }}

),

rules as (

    select * from {{ ref('int_touches_matched_to_rules') }}

),

-- What a file tells is classified by whoever wrote it.
touches_of_files as (

    select * from {{ ref('int_file_touches') }}

),

matched as (

    select
        interactions.*,
        coalesce(channels.channel, interactions.activity) as channel,
        rules.rule,
        rules.substance as rule_substance,
        rules.theme as theme_of_rule,
        coalesce(rules.is_sales, false) as is_sales,
        coalesce(rules.is_holding_reply, false) as is_holding_reply
    from interactions
    left join channels
        on interactions.activity = channels.activity
        and {{ normalized_text('interactions.activity_type') }} = channels.activity_type_words
    left join rules
        on interactions.touch_id = rules.touch_id
    where interactions.is_touch or rules.is_note_to_the_customer

),

decided as (

    select
        *,
        case
            when activity = 'call' and not is_held then 'not_held'
            when activity = 'survey' and direction = 'outbound' then 'survey_sent'
            when rule is not null then rule
            when
                channel in ('meeting', 'field_visit', 'event')
                and is_held
                and duration_minutes >= {{ minutes_of_a_meeting_of_substance }}
                then 'held_meeting'
            when activity = 'ticket_reply' and direction = 'outbound' then 'ticket_answer'
        end as substance_rule
    from matched

),

described as (

    select
        touch_id,
        customer_id,
        employee_id,
        occurred_at,
        occurred_on,
        channel,
        direction,
        case
            when substance_rule in ('not_held', 'survey_sent') then 'administrative'
            when substance_rule in ('held_meeting', 'ticket_answer') then 'substantive'
            when substance_rule is not null then rule_substance
            else 'unclassified'
        end as substance,
        substance_rule,
        case when substance_rule = rule then theme_of_rule end as rule_theme,
        case
            when is_sales and offering is not null then offering
            when substance_rule = rule then theme_of_rule
        end as theme,
        is_sales,
        is_holding_reply,
        is_asked_for,
        (is_held and channel in ('call', 'meeting', 'field_visit', 'event')) as is_two_way,
        customer_talk_share,
        duration_minutes,
        source_system,
        source_object,
        source_record_id,
        source_url,
        recorded_at,
        recorded_on,
        removed_at,
        removed_on
    from decided

    union all

    select
        touch_id,
        customer_id,
        employee_id,
        occurred_at,
        occurred_on,
        channel,
        direction,
        substance,
        substance_rule,
        rule_theme,
        theme,
        is_sales,
        is_holding_reply,
        false as is_asked_for,
        is_two_way,
        customer_talk_share,
        duration_minutes,
        source_system,
        source_object,
        source_record_id,
        source_url,
        recorded_at,
        recorded_on,
        removed_at,
        removed_on
    from touches_of_files

)

select * from described
