with

comments as (

    select * from {{ ref('stg_zendesk__ticket_comments') }}

),

tickets as (

    select * from {{ ref('int_tickets') }}

),

organizations as (

    select * from {{ ref('int_organizations_resolved_to_customers') }}

),

agents as (

    select * from {{ ref('int_agents_resolved_to_employees') }}

),

requesters as (

    select * from {{ ref('int_requesters_resolved_to_contacts') }}

),

resolved as (

    select
        comments.comment_id,
        comments.ticket_id,
        comments.incident_id,
        comments.author_id,
        comments.is_public,
        comments.body,
        comments.commented_at,
        comments.commented_on,
        comments.source_system,
        comments.source_object,
        comments.source_record_id,
        comments.source_url,
        -- An imported ticket brings comments that nobody could read here before.
        greatest(comments.recorded_at, tickets.recorded_at) as recorded_at,
        greatest(comments.recorded_on, tickets.recorded_on) as recorded_on,
        comments.removed_at,
        comments.removed_on,
        comments.was_removed_at_first_load,
        comments.first_landed_at,
        comments.last_landed_at,
        organizations.customer_id,
        agents.user_id is not null as is_agent,
        agents.employee_id,
        tickets.requester_id,
        tickets.tags,
        submitters.user_id is not null as is_ticket_opened_by_agent,
        requesters.contact_id,
        tickets.ticket_id is not null as is_ticket_listed
    from comments
    left join tickets
        on comments.ticket_id = tickets.ticket_id
        and comments.source_system = tickets.source_system
    left join organizations
        on tickets.organization_id = organizations.organization_id
        and tickets.source_system = organizations.source_system
    left join agents
        on comments.author_id = agents.user_id
        and comments.source_system = agents.source_system
    left join agents as submitters
        on coalesce(tickets.submitter_id, tickets.requester_id) = submitters.user_id
        and tickets.source_system = submitters.source_system
    left join requesters
        on tickets.requester_id = requesters.user_id
        and tickets.source_system = requesters.source_system

)

select * from resolved
