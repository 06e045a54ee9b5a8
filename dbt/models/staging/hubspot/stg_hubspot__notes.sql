with

source as (
    select * from {{ ref('raw_hubspot__notes') }}
    where not was_removed_at_first_load
),

property_names as (
    {{ crm_property_names('hubspot', 'notes', ['body', 'occurred_at', 'owner', 'activity_type', 'offering']) }}
),

account_reviews as (
    select {{ normalized_text('activity_type') }} as activity_type
    from {{ sound_rows('activity_channels') }}
    where activity = 'note' and channel = 'account_review'
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

named as (
    select
        parsed.*,
        coalesce(
            {{ parse_timestamp(map_value('parsed.property_values', 'property_names.occurred_at')) }},
            parsed.recorded_at
        ) as occurred_at,
        {{ map_value('parsed.property_values', 'property_names.activity_type') }} as activity_type,
        {{ map_value('parsed.property_values', 'property_names.body') }} as body,
        {{ map_value('parsed.property_values', 'property_names.owner') }} as owner_id,
        {{ map_value('parsed.property_values', 'property_names.offering') }} as offering
    from parsed
    cross join property_names
),

renamed as (
    select
        'hubspot:note:' || named.id as touch_id,
        named.occurred_at,
        {{ day_of('named.occurred_at') }} as occurred_on,
        'note' as activity,
        named.activity_type,
        cast(null as {{ dbt.type_string() }}) as title,
        named.body,
        named.owner_id,
        'outbound' as direction,
        false as is_held,
        -- Written about a customer, not to one: whoever reads its text may know better.
        false as is_touch,
        account_reviews.activity_type is not null as is_account_review,
        cast(null as double) as duration_minutes,
        cast(null as double) as customer_talk_share,
        named.offering,
        companies.associated_id as company_record_id,
        {{ json_texts_of(json_text('named.associations', 'deals'), 'toObjectId') }} as deal_record_ids,
        {{ json_texts_of(json_text('named.associations', 'contacts'), 'toObjectId') }} as contact_record_ids,
        {{ provenance('hubspot', 'notes', 'named.id', 'named.url') }}
    from named
    left join companies on named.id = companies.id
    left join account_reviews on {{ normalized_text('named.activity_type') }} = account_reviews.activity_type
)

select * from renamed
