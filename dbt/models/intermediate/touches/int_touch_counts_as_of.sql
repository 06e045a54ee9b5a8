with

touches as (

    select * from {{ ref('int_touches_in_last_year') }}

),

counts as (

    select
        customer_id,
        as_of_on,
        count(*) filter (where days_ago < 90) as touches_90d,
        count(*) filter (where days_ago < 90 and substance = 'substantive') as substantive_touches_90d,
        count(*) filter (where days_ago < 90 and substance = 'courtesy') as courtesy_touches_90d,
        count(*) filter (where days_ago < 180 and rule_theme = 'education') as education_touches_180d,
        count(*) filter (where days_ago < 180 and is_holding_reply) as holding_replies_180d,
        {{ exact_sum('case when days_ago < 180 then customer_talk_share * duration_minutes end') }}
            as customer_talk_minutes_180d,
        {{ exact_sum('case when days_ago < 180 and customer_talk_share is not null then duration_minutes end') }}
            as talk_minutes_180d
    from touches
    group by customer_id, as_of_on

)

select * from counts
