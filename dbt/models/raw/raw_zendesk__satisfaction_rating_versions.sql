with

admitted as (
    {{ admitted_rows('zendesk__satisfaction_ratings') }}
),

versions as (
    select
        id,
        score,
        comment,
        ticket_id,
        requester_id,
        url,
        {{ parse_timestamp('created_at') }} as recorded_at,
        {{ parse_timestamp('updated_at') }} as changed_at,
        load_id,
        landed_at
    from admitted
    where id is not null
    qualify row_number() over (
        partition by id, updated_at
        order by load_id desc, _landing_file desc, _landing_row desc
    ) = 1
)

select * from versions
