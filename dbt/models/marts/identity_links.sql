with

companies as (
    select * from {{ ref('int_companies_resolved_to_customers') }}
),

organizations as (
    select * from {{ ref('int_organizations_resolved_to_customers') }}
),

owners as (
    select * from {{ ref('int_owners_resolved_to_employees') }}
),

agents as (
    select * from {{ ref('int_agents_resolved_to_employees') }}
),

employees as (
    select * from {{ ref('int_employees') }}
),

contacts as (
    select * from {{ ref('int_contact_records_resolved_to_contacts') }}
),

requesters as (
    select * from {{ ref('int_requesters_resolved_to_contacts') }}
),

customers as (
    select customer_id from {{ ref('customers') }}
),

links as (
    select
        source_system,
        'companies' as source_object,
        company_record_id as source_record_id,
        'customer' as entity_type,
        customer_id as entity_id,
        rule,
        reason
    from companies

    union all

    select
        source_system,
        'organizations' as source_object,
        organization_id as source_record_id,
        'customer' as entity_type,
        customer_id as entity_id,
        rule,
        reason
    from organizations

    union all

    select
        source_system,
        'owners' as source_object,
        owner_id as source_record_id,
        'employee' as entity_type,
        employee_id as entity_id,
        rule,
        reason
    from owners

    union all

    select
        source_system,
        'users' as source_object,
        user_id as source_record_id,
        'employee' as entity_type,
        employee_id as entity_id,
        rule,
        reason
    from agents

    union all

    select
        source_system,
        source_object,
        source_record_id,
        'employee' as entity_type,
        employee_id as entity_id,
        'native' as rule,
        'employee of the HR system' as reason
    from employees

    union all

    select
        source_system,
        'contacts' as source_object,
        contact_record_id as source_record_id,
        'contact' as entity_type,
        contact_id as entity_id,
        rule,
        reason
    from contacts

    union all

    select
        source_system,
        'users' as source_object,
        user_id as source_record_id,
        'contact' as entity_type,
        contact_id as entity_id,
        rule,
        reason
    from requesters
),

-- A run as of a day gone by knows no customer that was entered later.
known_links as (
    select links.*
    from links
    left join customers on links.entity_id = customers.customer_id
    where links.entity_type <> 'customer' or links.entity_id is null or customers.customer_id is not null
)

select * from known_links
