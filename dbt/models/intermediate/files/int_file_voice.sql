with

voice as (

    select * from {{ ref('stg_files__voice_of_customer') }}

),

companies as (

    select * from {{ ref('int_companies_resolved_to_customers') }}

),

people as (

    select * from {{ ref('int_people_known') }}

),

resolved as (

    select
        voice.voice_id,
        voice.id_in_file,
        companies.customer_id,
        voice.heard_at,
        voice.heard_on,
        voice.kind,
        voice.theme,
        voice.department,
        people.employee_id,
        voice.channel,
        voice.quote,
        voice.source_system,
        voice.source_object,
        voice.source_record_id,
        voice.source_url,
        voice.recorded_at,
        voice.recorded_on,
        voice.removed_at,
        voice.removed_on,
        voice.first_landed_at,
        voice.last_landed_at
    from voice
    left join companies
        on voice.customer_reference = companies.company_id
    left join people
        on voice.employee_reference = people.employee_id

)

select * from resolved
