with

activities as (

    select * from {{ ref('int_activities') }}
    where body like '%#%' and not was_removed_at_first_load

),

deals as (

    select
        *,
        coalesce(deal_name, '') || ' ' || coalesce(description, '') as words
    from {{ ref('int_deals') }}
    where not was_removed_at_first_load

),

tickets as (

    select
        *,
        coalesce(subject, '') || ' ' || coalesce(description, '') as words
    from {{ ref('int_tickets') }}
    where not was_removed_at_first_load

),

meanings as (

    select * from {{ sound_rows('voice_marks') }}
    where place = 'text'

),

texts as (

    select
        touch_id as record_id,
        {{ plain_text('body') }} as words
    from activities

    union all

    select
        deal_id as record_id,
        {{ plain_text('words') }} as words
    from deals
    where words like '%#%'

    union all

    select
        incident_id as record_id,
        {{ plain_text('words') }} as words
    from tickets
    where words like '%#%'

),

marks as (

    {{ marks_in_text('texts', 'words') }}

),

understood as (

    select
        marks.record_id,
        marks.position,
        meanings.meaning,
        case
            when meanings.meaning in ('theme_prefix', 'acted_prefix')
                then substr(marks.mark, length(meanings.mark) + 1)
            when meanings.meaning = 'kind' then meanings.value
        end as value
    from marks
    inner join meanings
        on case
            when meanings.meaning in ('theme_prefix', 'acted_prefix')
                then substr(marks.mark, 1, length(meanings.mark)) = meanings.mark
            else marks.mark = meanings.mark
        end

)

select * from understood
