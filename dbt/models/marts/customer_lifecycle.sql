with

current_months as (

    select * from {{ ref('customer_months') }}
    where is_current

),

customers as (

    select * from {{ ref('customers') }}

),

employees as (

    select * from {{ ref('employees') }}

),

named as (

    select
        customers.customer_name,
        customers.domain,
        customers.industry,
        customers.region,
        customers.customer_since_on,
        customers.account_manager_id,
        account_managers.full_name as account_manager_name,
        customers.csm_id,
        csms.full_name as csm_name,
        customers.has_ghost_owner,
        customers.source_url,
        current_months.*
    from current_months
    inner join customers
        on current_months.customer_id = customers.customer_id
    left join employees as account_managers
        on customers.account_manager_id = account_managers.employee_id
    left join employees as csms
        on customers.csm_id = csms.employee_id

)

select * from named
