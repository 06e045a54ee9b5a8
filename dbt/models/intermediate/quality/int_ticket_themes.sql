with

tickets as (

    select * from {{ ref('int_tickets') }}
    where tags like '%"%'

),

meanings as (

    select * from {{ sound_rows('incident_tags') }}
    where kind = 'theme_prefix'

),

ticket_tags as (

    {{ json_array_rows('tickets', 'tags') }}

),

themes as (

    select
        ticket_tags.incident_id,
        substr(ticket_tags.item, length(meanings.tag) + 1) as theme
    from ticket_tags
    inner join meanings
        on substr(ticket_tags.item, 1, length(meanings.tag)) = meanings.tag
        and length(ticket_tags.item) > length(meanings.tag)
    qualify row_number() over (
        partition by ticket_tags.incident_id
        order by meanings.position, ticket_tags.item
    ) = 1

)

select * from themes
