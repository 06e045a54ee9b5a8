with recursive

contacts as (
    select * from {{ ref('int_contacts') }}
),

merged_ids as (
    {{ split_rows('contacts', 'merged_record_ids', ';') }}
),

merges_in_crm as (
    select
        source_system,
        item as contact_record_id,
        source_system || ':' || item as record_id,
        contact_id as next_record_id
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
        source_record_id as contact_record_id,
        contact_id as record_id
    from contacts

    union

    select
        source_system,
        contact_record_id,
        record_id
    from merges_in_crm
),

-- Merges chain; two records that claim each other end at the bound instead of never.
walks as (
    select
        record_id,
        record_id as reached_id,
        0 as depth
    from records

    union all

    select
        walks.record_id,
        merges_in_crm.next_record_id as reached_id,
        walks.depth + 1 as depth
    from walks
    inner join merges_in_crm on walks.reached_id = merges_in_crm.record_id
    where walks.depth < 20
),

resolved as (
    select
        records.contact_record_id,
        records.source_system,
        max_by(walks.reached_id, walks.depth) as contact_id,
        case when merges_in_crm.next_record_id is null then 'native' else 'merged_in_crm' end as rule,
        case
            when merges_in_crm.next_record_id is null then 'contact of the CRM'
            else 'the CRM merged it into ' || merges_in_crm.next_record_id
        end as reason
    from records
    inner join walks on records.record_id = walks.record_id
    left join merges_in_crm on records.record_id = merges_in_crm.record_id
    group by all
)

select * from resolved
