with

incidents as (

    select * from {{ ref('int_incidents') }}

),

comments as (

    select * from {{ ref('int_ticket_comments') }}

),

numbered as (

    select
        comments.*,
        row_number() over (
            partition by comments.incident_id
            order by comments.commented_at, length(comments.comment_id), comments.comment_id
        ) as comment_number
    from comments
    inner join incidents
        on comments.incident_id = incidents.incident_id

),

public_words as (

    select
        comment_id,
        incident_id,
        commented_at,
        commented_on,
        comment_number = 1 as is_opening,
        lead(commented_on) over (
            partition by incident_id
            order by comment_number
        ) as next_commented_on
    from numbered
    where is_public and is_agent

)

select * from public_words
