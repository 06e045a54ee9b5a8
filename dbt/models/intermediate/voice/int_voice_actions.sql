with

voice as (

    select * from {{ ref('int_voice_heard') }}
    where customer_id is not null

),

marks as (

    select * from {{ ref('int_marks_in_texts') }}

),

notes as (

    select * from {{ ref('int_activities_resolved_to_customers') }}
    where activity = 'note'

),

deals as (

    select * from {{ ref('int_deals') }}
    where not was_removed_at_first_load

),

companies as (

    select * from {{ ref('int_companies_resolved_to_customers') }}

),

tickets as (

    select * from {{ ref('int_tickets') }}
    where not was_removed_at_first_load

),

ticket_themes as (

    select * from {{ ref('int_ticket_themes') }}

),

organizations as (

    select * from {{ ref('int_organizations_resolved_to_customers') }}

),

records as (

    select
        touch_id as record_id,
        customer_id,
        occurred_at as acted_at,
        occurred_on as acted_on,
        recorded_on,
        removed_on
    from notes

    union all

    select
        deals.deal_id as record_id,
        companies.customer_id,
        deals.recorded_at as acted_at,
        deals.recorded_on as acted_on,
        deals.recorded_on,
        deals.removed_on
    from deals
    inner join companies
        on deals.company_record_id = companies.company_record_id
        and deals.source_system = companies.source_system

    union all

    select
        tickets.incident_id as record_id,
        organizations.customer_id,
        tickets.opened_at as acted_at,
        tickets.opened_on as acted_on,
        tickets.recorded_on,
        tickets.removed_on
    from tickets
    inner join organizations
        on tickets.organization_id = organizations.organization_id
        and tickets.source_system = organizations.source_system

),

references_to_records as (

    select
        record_id,
        value as reference
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
        on references_to_records.reference = lower(voice.source_record_id)

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

)

select * from actions
