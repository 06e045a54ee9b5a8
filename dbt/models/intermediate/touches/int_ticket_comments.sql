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
        comments.*,
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
