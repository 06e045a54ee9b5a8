with

source as (
    select * from {{ ref('raw_hubspot__contacts') }}
),

property_names as (
    {{ crm_property_names('hubspot', 'contacts', ['first_name', 'last_name', 'email', 'job_title', 'buying_role']) }}
),

parsed as (
    select
        *,
        {{ json_map('properties') }} as property_values,
        {{ json_text('associations', 'companies') }} as associated_records
    from source
),

companies as (
    {{ primary_association('parsed') }}
),

renamed as (
    select
        'hubspot:' || parsed.id as contact_id,
        nullif(
            trim(
                coalesce({{ map_value('parsed.property_values', 'property_names.first_name') }}, '')
                || ' '
                || coalesce({{ map_value('parsed.property_values', 'property_names.last_name') }}, '')
            ),
            ''
        ) as full_name,
        lower(nullif(trim({{ map_value('parsed.property_values', 'property_names.email') }}), '')) as email,
        {{ map_value('parsed.property_values', 'property_names.job_title') }} as job_title,
        {{ map_value('parsed.property_values', 'property_names.buying_role') }} as buying_role,
        companies.associated_id as company_record_id,
        {{ map_value('parsed.property_values', "'hs_merged_object_ids'") }} as merged_record_ids,
        {{ provenance('hubspot', 'contacts', 'parsed.id', 'parsed.url') }}
    from parsed
    cross join property_names
    left join companies on parsed.id = companies.id
)

select * from renamed
