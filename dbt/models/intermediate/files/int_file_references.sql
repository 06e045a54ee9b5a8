with

product_usage as (

    select * from {{ ref('stg_files__product_usage') }}

),

success_goals as (

    select * from {{ ref('stg_files__success_goals') }}

),

retention_costs as (

    select * from {{ ref('stg_files__retention_costs') }}

),

touches as (

    select * from {{ ref('stg_files__touches') }}

),

voice_of_customer as (

    select * from {{ ref('stg_files__voice_of_customer') }}

),

action_outcomes as (

    select * from {{ ref('stg_files__action_outcomes') }}

),

companies as (

    select * from {{ ref('int_companies_resolved_to_customers') }}

),

segments as (

    select distinct segment from {{ ref('int_companies') }}

),

people as (

    select * from {{ ref('int_people_known') }}

),

drivers as (

    select * from {{ ref('int_health_drivers') }}

),

contact_records as (

    select
        *,
        source_system || ':' || contact_record_id as record_id
    from {{ ref('int_contact_records_resolved_to_contacts') }}

),

named as (

    select
        source_system,
        source_object,
        source_record_id,
        'customer' as reference_object,
        customer_reference as reference,
        recorded_on,
        removed_on,
        first_landed_at,
        last_landed_at
    from product_usage
    where customer_reference is not null

    union all

    select
        source_system,
        source_object,
        source_record_id,
        'customer' as reference_object,
        customer_reference as reference,
        recorded_on,
        removed_on,
        first_landed_at,
        last_landed_at
    from success_goals
    where customer_reference is not null

    union all

    select
        source_system,
        source_object,
        source_record_id,
        'customer' as reference_object,
        customer_reference as reference,
        recorded_on,
        removed_on,
        first_landed_at,
        last_landed_at
    from retention_costs
    where customer_reference is not null

    union all

    -- Costs of no segment in particular are written for `all` or `unknown`.
    select
        source_system,
        source_object,
        source_record_id,
        'segment' as reference_object,
        segment as reference,
        recorded_on,
        removed_on,
        first_landed_at,
        last_landed_at
    from retention_costs
    where segment not in ('all', 'unknown')

    union all

    select
        source_system,
        source_object,
        source_record_id,
        'customer' as reference_object,
        customer_reference as reference,
        recorded_on,
        removed_on,
        first_landed_at,
        last_landed_at
    from touches
    where customer_reference is not null

    union all

    select
        source_system,
        source_object,
        source_record_id,
        'customer' as reference_object,
        customer_reference as reference,
        recorded_on,
        removed_on,
        first_landed_at,
        last_landed_at
    from voice_of_customer
    where customer_reference is not null

    union all

    select
        source_system,
        source_object,
        source_record_id,
        'employee' as reference_object,
        employee_reference as reference,
        recorded_on,
        removed_on,
        first_landed_at,
        last_landed_at
    from touches
    where employee_reference is not null

    union all

    select
        source_system,
        source_object,
        source_record_id,
        'employee' as reference_object,
        employee_reference as reference,
        recorded_on,
        removed_on,
        first_landed_at,
        last_landed_at
    from voice_of_customer
    where employee_reference is not null

    union all

    select
        source_system,
        source_object,
        source_record_id,
        'contact' as reference_object,
        contact_reference as reference,
        recorded_on,
        removed_on,
        first_landed_at,
        last_landed_at
    from touches
    where contact_reference is not null

    union all

    select
        source_system,
        source_object,
        source_record_id,
        'customer' as reference_object,
        customer_reference as reference,
        recorded_on,
        removed_on,
        first_landed_at,
        last_landed_at
    from action_outcomes
    where customer_reference is not null

    union all

    select
        source_system,
        source_object,
        source_record_id,
        'driver' as reference_object,
        driver as reference,
        recorded_on,
        removed_on,
        first_landed_at,
        last_landed_at
    from action_outcomes
    where driver is not null

),

resolved as (

    select
        named.*,
        case named.reference_object
            when 'customer' then companies.customer_id
            when 'employee' then people.employee_id
            when 'contact' then contact_records.contact_id
            when 'segment' then segments.segment
            when 'driver' then drivers.driver
        end as resolved_id
    from named
    left join companies
        on named.reference = companies.company_id
    left join people
        on named.reference = people.employee_id
    left join contact_records
        on named.reference = contact_records.record_id
    left join segments
        on named.reference = segments.segment
    left join drivers
        on named.reference = drivers.driver

)

select * from resolved
