with

activities_of_nobody as (
    select * from {{ ref('int_activities_resolved_to_customers') }}
    where
        customer_id is null
        and (is_touch or is_account_review or activity = 'note')
        and occurred_on <= {{ as_of_on() }}
        and {{ is_known('recorded_on', 'removed_on') }}
),

activities as (
    select * from {{ ref('int_activities') }}
    where {{ is_known('recorded_on', 'removed_on') }}
),

deals as (
    select * from {{ ref('int_deals') }}
    where {{ is_known('recorded_on', 'removed_on') }}
),

deal_owners as (
    select * from {{ ref('int_deal_history') }}
    where
        term = 'owner'
        and changed_on <= {{ as_of_on() }}
        and {{ is_known('recorded_on', 'removed_on') }}
),

role_owners as (
    select * from {{ ref('int_company_role_history') }}
    where
        changed_on <= {{ as_of_on() }}
        and {{ is_known('recorded_on', 'removed_on') }}
),

success_goals as (
    select * from {{ ref('int_success_goals') }}
    where {{ is_known('recorded_on', 'removed_on') }}
),

tickets as (
    select * from {{ ref('int_tickets') }}
    where {{ is_known('recorded_on', 'removed_on') }}
),

comments as (
    select * from {{ ref('int_ticket_comments') }}
    where {{ is_known('recorded_on', 'removed_on') }}
),

surveys_of_tickets as (
    select * from {{ ref('int_survey_responses') }}
    where
        incident_id is not null
        and is_newest
        and {{ is_known('recorded_on', 'removed_on') }}
),

ticket_users as (
    select * from {{ ref('int_users') }}
),

requesters as (
    select * from {{ ref('int_requesters_resolved_to_contacts') }}
),

contacts as (
    select * from {{ ref('int_contacts_resolved_to_customers') }}
    where not was_removed_at_first_load and {{ is_known('recorded_on', 'removed_on') }}
),

contact_records as (
    select * from {{ ref('int_contact_records_resolved_to_contacts') }}
),

employees as (
    select * from {{ ref('int_employees') }}
    where {{ is_known('recorded_on', 'removed_on') }}
),

trainings as (
    select * from {{ ref('int_trainings_known') }}
    where {{ is_known('known_from_on', 'known_until_on') }}
),

file_references as (
    select * from {{ ref('int_file_references') }}
    where
        resolved_id is null
        and {{ is_known('recorded_on', 'removed_on') }}
),

company_customers as (
    select * from {{ ref('int_companies_resolved_to_customers') }}
),

organization_customers as (
    select * from {{ ref('int_organizations_resolved_to_customers') }}
),

unlisted_owners as (
    select * from {{ ref('int_owners_known_or_referenced') }}
    where not is_listed
),

customer_links as (
    select * from {{ ref('customer_links') }}
    where decision = 'merge'
),

employee_links as (
    select * from {{ ref('employee_links') }}
    where decision = 'merge'
),

every_employee as (
    select * from {{ ref('int_employees') }}
),

unresolved_voice_references as (
    select * from {{ ref('int_voice_references_unresolved') }}
),

unresolved_deals as (
    select * from {{ ref('int_deals_unresolved') }}
),

companies_of_activities as (
    select
        source_system,
        source_object,
        source_record_id,
        'company' as reference_object,
        company_record_id as reference,
        case
            when company_record_id is null
                then 'no company is associated, nor a contact or deal of a known company'
            else 'the CRM does not list the associated company, nor is a contact or deal of a known company associated'
        end as reason,
        first_landed_at as first_seen_at,
        last_landed_at as last_seen_at
    from activities_of_nobody
),

contacts_of_activities as (
    {{ json_array_rows('activities', 'contact_record_ids') }}
),

activities_with_nobody as (
    select
        contacts_of_activities.source_system,
        contacts_of_activities.source_object,
        contacts_of_activities.source_record_id,
        'contact' as reference_object,
        contacts_of_activities.item as reference,
        'the CRM does not list the associated contact' as reason,
        contacts_of_activities.first_landed_at as first_seen_at,
        contacts_of_activities.last_landed_at as last_seen_at
    from contacts_of_activities
    left join contact_records
        on contacts_of_activities.source_system = contact_records.source_system
        and contacts_of_activities.item = contact_records.contact_record_id
    where contact_records.contact_record_id is null
),

contacts_of_nobody as (
    select
        source_system,
        source_object,
        source_record_id,
        'company' as reference_object,
        company_record_id as reference,
        case
            when company_record_id is null then 'no company is associated'
            else 'the CRM does not list the associated company'
        end as reason,
        first_landed_at as first_seen_at,
        last_landed_at as last_seen_at
    from contacts
    where customer_id is null
),

deals_of_nobody as (
    select
        deals.source_system,
        deals.source_object,
        deals.source_record_id,
        'company' as reference_object,
        deals.company_record_id as reference,
        case
            when deals.company_record_id is null then 'no company is associated'
            else 'the CRM does not list the associated company'
        end as reason,
        deals.first_landed_at as first_seen_at,
        deals.last_landed_at as last_seen_at
    from deals
    left join company_customers
        on deals.source_system = company_customers.source_system
        and deals.company_record_id = company_customers.company_record_id
    where company_customers.customer_id is null
),

goals_of_nobody as (
    select
        success_goals.source_system,
        success_goals.source_object,
        success_goals.source_record_id,
        'company' as reference_object,
        success_goals.company_record_id as reference,
        case
            when success_goals.company_record_id is null then 'no company is associated'
            else 'the CRM does not list the associated company'
        end as reason,
        success_goals.first_landed_at as first_seen_at,
        success_goals.last_landed_at as last_seen_at
    from success_goals
    left join company_customers
        on success_goals.source_system = company_customers.source_system
        and success_goals.company_record_id = company_customers.company_record_id
    where company_customers.customer_id is null
),

tickets_of_nobody as (
    select
        tickets.source_system,
        tickets.source_object,
        tickets.source_record_id,
        'organization' as reference_object,
        tickets.organization_id as reference,
        case
            when tickets.organization_id is null then 'the ticket names no organization'
            when organization_customers.organization_id is null
                then 'the ticketing system does not list the organization'
            else 'the organization is no known customer: ' || organization_customers.reason
        end as reason,
        tickets.first_landed_at as first_seen_at,
        tickets.last_landed_at as last_seen_at
    from tickets
    left join organization_customers
        on tickets.source_system = organization_customers.source_system
        and tickets.organization_id = organization_customers.organization_id
    where organization_customers.customer_id is null
),

tickets_asked_by_nobody as (
    select
        tickets.source_system,
        tickets.source_object,
        tickets.source_record_id,
        'contact' as reference_object,
        tickets.requester_id as reference,
        case
            when tickets.requester_id is null then 'the ticket names no requester'
            when ticket_users.user_id is null then 'the ticketing system does not list the requester'
            else 'the requester is no known contact: ' || requesters.reason
        end as reason,
        tickets.first_landed_at as first_seen_at,
        tickets.last_landed_at as last_seen_at
    from tickets
    left join ticket_users
        on tickets.source_system = ticket_users.source_system
        and tickets.requester_id = ticket_users.user_id
    left join requesters
        on tickets.source_system = requesters.source_system
        and tickets.requester_id = requesters.user_id
    where ticket_users.is_agent is not true and requesters.contact_id is null
),

comments_by_nobody as (
    select
        comments.source_system,
        comments.source_object,
        comments.source_record_id,
        'user' as reference_object,
        comments.author_id as reference,
        'the ticketing system does not list the author' as reason,
        comments.first_landed_at as first_seen_at,
        comments.last_landed_at as last_seen_at
    from comments
    left join ticket_users
        on comments.source_system = ticket_users.source_system
        and comments.author_id = ticket_users.user_id
    where ticket_users.user_id is null
),

records_of_no_ticket as (
    select
        source_system,
        source_object,
        source_record_id,
        'ticket' as reference_object,
        ticket_id as reference,
        'the ticketing system does not list the ticket' as reason,
        first_landed_at as first_seen_at,
        last_landed_at as last_seen_at
    from comments
    where not is_ticket_listed

    union all

    select
        source_system,
        source_object,
        source_record_id,
        'ticket' as reference_object,
        incident_id as reference,
        'the ticketing system does not list the ticket' as reason,
        first_landed_at as first_seen_at,
        last_landed_at as last_seen_at
    from surveys_of_tickets
    where not is_ticket_listed
),

owner_references as (
    select
        source_system,
        source_object,
        source_record_id,
        owner_id,
        first_landed_at,
        last_landed_at
    from role_owners

    union

    select
        source_system,
        source_object,
        source_record_id,
        value as owner_id,
        first_landed_at,
        last_landed_at
    from deal_owners

    union

    select
        source_system,
        source_object,
        source_record_id,
        owner_id,
        first_landed_at,
        last_landed_at
    from activities
),

owners_of_nobody as (
    select
        owner_references.source_system,
        owner_references.source_object,
        owner_references.source_record_id,
        'owner' as reference_object,
        owner_references.owner_id as reference,
        'the CRM does not list the owner' as reason,
        owner_references.first_landed_at as first_seen_at,
        owner_references.last_landed_at as last_seen_at
    from owner_references
    inner join unlisted_owners
        on owner_references.source_system = unlisted_owners.source_system
        and owner_references.owner_id = unlisted_owners.owner_id
),

managers_of_nobody as (
    select
        employees.source_system,
        employees.source_object,
        employees.source_record_id,
        'employee' as reference_object,
        employees.manager_id as reference,
        'the HR system does not list the supervisor' as reason,
        employees.first_landed_at as first_seen_at,
        employees.last_landed_at as last_seen_at
    from employees
    left join every_employee on employees.manager_id = every_employee.employee_id
    where employees.manager_id is not null and every_employee.employee_id is null
),

trainings_of_nobody as (
    select
        source_system,
        source_object,
        source_record_id,
        'employee' as reference_object,
        reference,
        'the HR system does not list the employee' as reason,
        first_landed_at as first_seen_at,
        last_landed_at as last_seen_at
    from trainings
    where employee_id is null
),

file_rows_of_nobody as (
    select
        source_system,
        source_object,
        source_record_id,
        reference_object,
        reference,
        case reference_object
            when 'customer' then 'the CRM does not list the company that the file names'
            when 'segment' then 'the CRM has no company in the segment that the file names'
            when 'contact' then 'the CRM does not list the contact whom the file names'
            when 'driver' then 'the health score has no driver of the name that the file gives'
            else 'no system lists the employee whom the file names'
        end as reason,
        first_landed_at as first_seen_at,
        last_landed_at as last_seen_at
    from file_references
),

links_to_nobody as (
    select
        customer_links.source_system,
        customer_links.source_object,
        customer_links.source_record_id,
        'customer' as reference_object,
        customer_links.customer_id as reference,
        'a person merged it into a customer that the CRM does not list: ' || customer_links.reason as reason,
        cast(null as timestamp) as first_seen_at,
        cast(null as timestamp) as last_seen_at
    from customer_links
    left join company_customers on customer_links.customer_id = company_customers.company_id
    where company_customers.company_id is null

    union all

    select
        employee_links.source_system,
        employee_links.source_object,
        employee_links.source_record_id,
        'employee' as reference_object,
        employee_links.employee_id as reference,
        'a person merged it into an employee whom the HR system does not list: ' || employee_links.reason as reason,
        cast(null as timestamp) as first_seen_at,
        cast(null as timestamp) as last_seen_at
    from employee_links
    left join every_employee on employee_links.employee_id = every_employee.employee_id
    where every_employee.employee_id is null
),

unioned as (
    select * from companies_of_activities
    union all
    select * from activities_with_nobody
    union all
    select * from contacts_of_nobody
    union all
    select * from tickets_asked_by_nobody
    union all
    select * from comments_by_nobody
    union all
    select * from records_of_no_ticket
    union all
    select * from deals_of_nobody
    union all
    select * from goals_of_nobody
    union all
    select * from tickets_of_nobody
    union all
    select * from owners_of_nobody
    union all
    select * from managers_of_nobody
    union all
    select * from trainings_of_nobody
    union all
    select * from file_rows_of_nobody
    union all
    select * from links_to_nobody
    union all
    select
        source_system,
        source_object,
        source_record_id,
        reference_object,
        reference,
        reason,
        first_seen_at,
        last_seen_at
    from unresolved_deals
    union all
    select
        source_system,
        source_object,
        source_record_id,
        reference_object,
        reference,
        reason,
        first_seen_at,
        last_seen_at
    from unresolved_voice_references
)

select * from unioned
