with

voice as (

    select * from {{ ref('int_voice_heard') }}
    where customer_id is not null

),

marks as (

    select * from {{ ref('int_marks_in_texts') }}

),

records as (

    select * from {{ ref('int_acting_records') }}

),

actions_of_files as (

    select * from {{ ref('stg_files__voice_actions') }}

),

ticket_themes as (

    select * from {{ ref('int_ticket_themes') }}

),

references_to_records as (

    select
        record_id,
        {{ id_in_mark('value') }} as reference
    from marks
    where meaning = 'acted_prefix'

),

themes_of_records as (

    select
        record_id,
        value as theme
    from marks
    where meaning = 'theme_prefix'

    union distinct

    select
        incident_id as record_id,
        theme
    from ticket_themes

),

themes_acted_on as (

    select
        themes_of_records.record_id,
        themes_of_records.theme
    from themes_of_records
    where themes_of_records.record_id in (select marks.record_id from marks where marks.meaning = 'acted')

),

matches as (

    select
        references_to_records.record_id,
        voice.voice_id
    from references_to_records
    inner join voice
        on references_to_records.reference = voice.id_in_mark

    union distinct

    select
        themes_acted_on.record_id,
        voice.voice_id
    from themes_acted_on
    inner join voice
        on themes_acted_on.theme = voice.theme

),

actions as (

    select
        voice.voice_id,
        records.record_id,
        records.acted_at,
        greatest(records.acted_on, records.recorded_on) as known_from_on,
        records.removed_on as known_until_on
    from matches
    inner join voice
        on matches.voice_id = voice.voice_id
    inner join records
        on matches.record_id = records.record_id
        and voice.customer_id = records.customer_id
        and records.acted_at > voice.heard_at

    union all

    select
        voice_id,
        record_id,
        acted_at,
        greatest(acted_on, recorded_on) as known_from_on,
        removed_on as known_until_on
    from actions_of_files

)

select * from actions
