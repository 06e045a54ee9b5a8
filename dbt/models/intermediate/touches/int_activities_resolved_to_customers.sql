with

activities as (

    select * from {{ ref('int_activities') }}
    where not was_removed_at_first_load

),

companies as (

    select * from {{ ref('int_companies_resolved_to_customers') }}
    where customer_id is not null

),

deals as (

    select * from {{ ref('int_deals') }}
    where not was_removed_at_first_load

),

owners as (

    select * from {{ ref('int_owners_resolved_to_employees') }}

),

contacts as (

    select * from {{ ref('int_activities_linked_to_contacts') }}

),

customers_by_contact as (

    select
        touch_id,
        customer_id
    from contacts
    where customer_id is not null
    qualify row_number() over (partition by touch_id order by position) = 1

),

deal_links as (

    {{ json_array_rows('activities', 'deal_record_ids') }}

),

customers_by_deal as (

    select
        deal_links.touch_id,
        companies.customer_id
    from deal_links
    inner join deals
        on deal_links.item = deals.source_record_id
        and deal_links.source_system = deals.source_system
    inner join companies
        on deals.company_record_id = companies.company_record_id
        and deals.source_system = companies.source_system
    qualify row_number() over (
        partition by deal_links.touch_id
        order by length(deal_links.item), deal_links.item
    ) = 1

),

resolved as (

    select
        activities.*,
        owners.employee_id,
        coalesce(
            companies.customer_id,
            customers_by_contact.customer_id,
            customers_by_deal.customer_id
        ) as customer_id
    from activities
    left join companies
        on activities.company_record_id = companies.company_record_id
        and activities.source_system = companies.source_system
    left join customers_by_contact
        on activities.touch_id = customers_by_contact.touch_id
    left join customers_by_deal
        on activities.touch_id = customers_by_deal.touch_id
    left join owners
        on activities.owner_id = owners.owner_id
        and activities.source_system = owners.source_system

)

select * from resolved
