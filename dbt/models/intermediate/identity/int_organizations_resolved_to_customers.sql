with

organizations as (
    select * from {{ ref('stg_zendesk__organizations') }}
),

companies as (
    select * from {{ ref('int_companies') }}
),

company_customers as (
    select * from {{ ref('int_companies_resolved_to_customers') }}
),

customer_links as (
    select * from {{ ref('customer_links') }}
    where source_object = 'organizations'
),

free_mail_domains as (
    select * from {{ ref('free_mail_domains') }}
),

organization_domains as (
    {{ json_array_rows('organizations', 'domain_names') }}
),

by_external_id as (
    select
        organizations.source_system,
        organizations.organization_id,
        company_customers.customer_id,
        1 as precedence,
        'external_id' as rule,
        'its external id names company ' || company_customers.company_id as reason,
        false as is_archived,
        company_customers.company_record_id
    from organizations
    inner join company_customers
        on organizations.external_id in (company_customers.company_record_id, company_customers.company_id)
),

by_domain as (
    select
        organization_domains.source_system,
        organization_domains.organization_id,
        company_customers.customer_id,
        2 as precedence,
        'domain' as rule,
        'company ' || companies.company_id || ' has its domain ' || companies.domain as reason,
        companies.removed_at is not null as is_archived,
        company_customers.company_record_id
    from organization_domains
    inner join companies on trim(organization_domains.item) = trim(companies.domain)
    inner join company_customers on companies.company_id = company_customers.company_id
    left join free_mail_domains on trim(companies.domain) = free_mail_domains.domain
    where free_mail_domains.domain is null
),

by_link as (
    select
        customer_links.source_system,
        customer_links.source_record_id as organization_id,
        company_customers.customer_id,
        3 as precedence,
        'customer_link' as rule,
        'a person merged it into ' || customer_links.customer_id || ': ' || customer_links.reason as reason,
        false as is_archived,
        company_customers.company_record_id
    from customer_links
    inner join company_customers on customer_links.customer_id = company_customers.company_id
    where customer_links.decision = 'merge'
),

candidates as (
    select * from by_external_id
    union all
    select * from by_domain
    union all
    select * from by_link
),

allowed as (
    select candidates.*
    from candidates
    left join customer_links as separations
        on candidates.source_system = separations.source_system
        and candidates.organization_id = separations.source_record_id
        and candidates.customer_id = separations.customer_id
        and separations.decision = 'separate'
    where separations.customer_id is null
),

counted as (
    select
        *,
        min(customer_id) over (partition by source_system, organization_id, precedence, is_archived)
        <> max(customer_id) over (partition by source_system, organization_id, precedence, is_archived) as is_ambiguous
    from allowed
),

chosen as (
    select *
    from counted
    qualify row_number() over (
        partition by source_system, organization_id
        order by precedence, is_archived, try_cast(company_record_id as bigint) nulls last, company_record_id
    ) = 1
),

resolved as (
    select
        organizations.organization_id,
        organizations.source_system,
        chosen.customer_id,
        coalesce(chosen.rule, 'none') as rule,
        case
            when chosen.is_ambiguous
                then chosen.reason || '; so have other customers, and the lowest id was taken'
            when chosen.rule is not null then chosen.reason
            when separations.source_record_id is not null
                then 'a person separated it from the customer that a rule found, and nothing else names one'
            when organizations.external_id is not null
                then 'its external id names no company of the CRM, and no company has one of its domains'
            else 'it has no external id, and no company has one of its domains'
        end as reason
    from organizations
    left join chosen
        on organizations.source_system = chosen.source_system
        and organizations.organization_id = chosen.organization_id
    left join (
        select distinct
            source_system,
            source_record_id
        from customer_links
        where decision = 'separate'
    ) as separations
        on organizations.source_system = separations.source_system
        and organizations.organization_id = separations.source_record_id
)

select * from resolved
