with

records as (

    select * from {{ ref('int_acting_records') }}
    where acted_on <= {{ as_of_on() }} and {{ is_known('recorded_on', 'removed_on') }}

),

marks as (

    select * from {{ ref('int_marks_in_texts') }}
    where meaning = 'acted_prefix'

),

actions as (

    select * from {{ ref('int_voice_actions') }}

),

voice as (

    select * from {{ ref('int_voice_heard') }}

),

references_resolved as (

    select
        actions.record_id,
        voice.id_in_mark as reference
    from actions
    inner join voice
        on actions.voice_id = voice.voice_id

),

unresolved as (

    select distinct
        records.source_system,
        records.source_object,
        records.source_record_id,
        'voice' as reference_object,
        marks.value as reference,
        'it acts on a record by which nothing was heard of its customer before' as reason,
        records.first_landed_at as first_seen_at,
        records.last_landed_at as last_seen_at
    from records
    inner join marks
        on records.record_id = marks.record_id
    left join references_resolved
        on records.record_id = references_resolved.record_id
        and {{ id_in_mark('marks.value') }} = references_resolved.reference
    where references_resolved.record_id is null

)

select * from unresolved
