with

contacts as (

    select * from {{ ref('int_contacts_resolved_to_customers') }}
    where recorded_on <= {{ as_of_on() }}

),

published as (

    select
        contact_id,
        customer_id,
        full_name,
        job_title,
        persona,
        (was_removed_at_first_load or removed_on <= {{ as_of_on() }}) is not true as is_active,
        source_system,
        source_record_id,
        source_url,
        recorded_at
    from contacts

)

select * from published
