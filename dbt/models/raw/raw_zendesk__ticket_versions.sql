with

admitted as (
    {{ admitted_rows('zendesk__tickets') }}
),

versions as (
    select
        id,
        status,
        priority,
        assignee_id,
        due_at,
        metric_set,
        created_at,
        updated_at,
        load_id,
        landed_at,
        is_in_first_complete_load,
        {{ parse_timestamp('updated_at') }} as changed_at
    from admitted
    where id is not null
    qualify row_number() over (
        partition by id, updated_at
        order by load_id desc, generated_timestamp desc, _landing_file desc, _landing_row desc
    ) = 1
)

select * from versions
