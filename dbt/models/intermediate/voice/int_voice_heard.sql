with

activities as (

    select * from {{ ref('int_activities_resolved_to_customers') }}
    where activity in ('note', 'call', 'meeting') and body like '%#%'

),

channels as (

    select
        activity,
        channel,
        {{ normalized_text('activity_type') }} as activity_type_words
    from {{ sound_rows('activity_channels') }}
    -- A session of the account team is no channel to a customer, though what the customer said may be noted in it.
    where channel <> 'account_review'

),

marks as (

    select * from {{ ref('int_marks_in_texts') }}

),

tickets as (

    select * from {{ ref('int_tickets') }}
    where not was_removed_at_first_load

),

meanings_of_tags as (

    select * from {{ sound_rows('voice_marks') }}
    where place = 'tag' and meaning = 'kind'

),

ticket_themes as (

    select * from {{ ref('int_ticket_themes') }}

),

organizations as (

    select * from {{ ref('int_organizations_resolved_to_customers') }}

),

voice_of_files as (

    select * from {{ ref('int_file_voice') }}

),

kinds_in_texts as (

    select distinct
        record_id,
        value as kind
    from marks
    where meaning = 'kind'

),

themes_in_texts as (

    select
        record_id,
        value as theme
    from marks
    where meaning = 'theme_prefix'
    qualify row_number() over (partition by record_id order by position) = 1

),

heard_in_activities as (

    select
        activities.touch_id || ':' || kinds_in_texts.kind as voice_id,
        {{ id_in_mark('activities.source_record_id') }} as id_in_mark,
        activities.customer_id,
        activities.occurred_at as heard_at,
        activities.occurred_on as heard_on,
        kinds_in_texts.kind,
        themes_in_texts.theme,
        activities.employee_id,
        cast(null as {{ dbt.type_string() }}) as department_given,
        cast(null as {{ dbt.type_string() }}) as incident_id,
        coalesce(channels.channel, activities.activity) as channel,
        {{ text_without_marks(plain_text('activities.body')) }} as quote,
        activities.source_system,
        activities.source_object,
        activities.source_record_id,
        activities.source_url,
        activities.recorded_at,
        activities.recorded_on,
        activities.removed_at,
        activities.removed_on,
        activities.first_landed_at,
        activities.last_landed_at
    from activities
    inner join kinds_in_texts
        on activities.touch_id = kinds_in_texts.record_id
    left join themes_in_texts
        on activities.touch_id = themes_in_texts.record_id
    left join channels
        on activities.activity = channels.activity
        and {{ normalized_text('activities.activity_type') }} = channels.activity_type_words

),

ticket_tags as (

    {{ json_array_rows('tickets', 'tags') }}

),

kinds_in_tags as (

    select distinct
        ticket_tags.incident_id,
        meanings_of_tags.value as kind
    from ticket_tags
    inner join meanings_of_tags
        on ticket_tags.item = meanings_of_tags.mark

),

heard_in_tickets as (

    select
        tickets.source_system || ':ticket:' || tickets.source_record_id || ':' || kinds_in_tags.kind as voice_id,
        {{ id_in_mark('tickets.source_record_id') }} as id_in_mark,
        organizations.customer_id,
        tickets.opened_at as heard_at,
        tickets.opened_on as heard_on,
        kinds_in_tags.kind,
        ticket_themes.theme,
        cast(null as {{ dbt.type_string() }}) as employee_id,
        cast(null as {{ dbt.type_string() }}) as department_given,
        tickets.incident_id,
        'ticket_reply' as channel,
        {{ text_without_marks(plain_text('tickets.description')) }} as quote,
        tickets.source_system,
        tickets.source_object,
        tickets.source_record_id,
        tickets.source_url,
        tickets.recorded_at,
        tickets.recorded_on,
        tickets.removed_at,
        tickets.removed_on,
        tickets.first_landed_at,
        tickets.last_landed_at
    from tickets
    inner join kinds_in_tags
        on tickets.incident_id = kinds_in_tags.incident_id
    left join ticket_themes
        on tickets.incident_id = ticket_themes.incident_id
    left join organizations
        on tickets.organization_id = organizations.organization_id
        and tickets.source_system = organizations.source_system

),

heard as (

    select * from heard_in_activities

    union all

    select * from heard_in_tickets

    union all

    select
        voice_id,
        {{ id_in_mark('id_in_file') }} as id_in_mark,
        customer_id,
        heard_at,
        heard_on,
        kind,
        theme,
        employee_id,
        department as department_given,
        cast(null as {{ dbt.type_string() }}) as incident_id,
        channel,
        quote,
        source_system,
        source_object,
        source_record_id,
        source_url,
        recorded_at,
        recorded_on,
        removed_at,
        removed_on,
        first_landed_at,
        last_landed_at
    from voice_of_files

)

select * from heard
