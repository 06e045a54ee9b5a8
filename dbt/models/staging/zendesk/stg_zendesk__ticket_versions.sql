with

source as (
    select * from {{ ref('raw_zendesk__ticket_versions') }}
    where status is distinct from 'deleted'
),

renamed as (
    select
        id as ticket_id,
        'zendesk:' || id as incident_id,
        lower(status) as status,
        lower(nullif(priority, '')) as priority,
        nullif(assignee_id, '') as assignee_id,
        {{ parse_timestamp('due_at') }} as due_at,
        {{ parse_timestamp(json_text('metric_set', 'solved_at')) }} as solved_at,
        case
            when row_number() over (partition by id order by changed_at, load_id) = 1
                then {{ parse_timestamp('created_at') }}
            else changed_at
        end as version_at,
        load_id
    from source
),

dated as (
    select
        ticket_id,
        incident_id,
        status,
        priority,
        assignee_id,
        due_at,
        solved_at,
        version_at,
        {{ day_of('version_at') }} as version_on
    from renamed
)

select * from dated
