with recursive

companies as (
    select * from {{ ref('int_companies') }}
),

customer_links as (
    select * from {{ ref('customer_links') }}
    where source_object = 'companies'
),

merged_ids as (
    {{ split_rows('companies', 'merged_record_ids', ';') }}
),

merges_in_crm as (
    select
        source_system,
        item as company_record_id,
        source_system || ':' || item as company_id,
        company_id as next_company_id
    from merged_ids
    where item <> source_record_id
    qualify row_number() over (
        partition by source_system, item
        order by removed_at is not null, try_cast(source_record_id as bigint), source_record_id
    ) = 1
),

records as (
    select
        source_system,
        source_record_id as company_record_id,
        company_id
    from companies

    union

    select
        source_system,
        company_record_id,
        company_id
    from merges_in_crm
),

merges_by_people as (
    select
        customer_links.source_system,
        customer_links.source_record_id as company_record_id,
        customer_links.customer_id as next_company_id,
        customer_links.reason
    from customer_links
    inner join companies on customer_links.customer_id = companies.company_id
    where customer_links.decision = 'merge'
),

steps as (
    select
        records.*,
        coalesce(merges_by_people.next_company_id, merges_in_crm.next_company_id) as next_company_id,
        case
            when merges_by_people.next_company_id is not null then 'customer_link'
            when merges_in_crm.next_company_id is not null then 'merged_in_crm'
            else 'native'
        end as rule,
        merges_by_people.reason as link_reason
    from records
    left join merges_by_people
        on records.source_system = merges_by_people.source_system
        and records.company_record_id = merges_by_people.company_record_id
    left join merges_in_crm
        on records.company_id = merges_in_crm.company_id
        and not exists (
            select 1
            from customer_links
            where
                customer_links.decision = 'separate'
                and customer_links.source_system = merges_in_crm.source_system
                and customer_links.source_record_id = merges_in_crm.company_record_id
                and customer_links.customer_id = merges_in_crm.next_company_id
        )
),

-- Merges chain; a circle that people write into the seed ends at the bound instead of never.
walks as (
    select
        company_id,
        company_id as reached_id,
        0 as depth
    from steps

    union all

    select
        walks.company_id,
        steps.next_company_id as reached_id,
        walks.depth + 1 as depth
    from walks
    inner join steps on walks.reached_id = steps.company_id
    where steps.next_company_id is not null and walks.depth < 20
),

resolved as (
    select
        steps.company_record_id,
        steps.source_system,
        steps.company_id,
        max_by(walks.reached_id, walks.depth) as customer_id,
        steps.rule,
        case steps.rule
            when 'customer_link' then 'a person merged it into ' || steps.next_company_id || ': ' || steps.link_reason
            when 'merged_in_crm' then 'the CRM merged it into ' || steps.next_company_id
            else 'company of the CRM'
        end as reason
    from steps
    inner join walks on steps.company_id = walks.company_id
    group by all
)

select * from resolved
