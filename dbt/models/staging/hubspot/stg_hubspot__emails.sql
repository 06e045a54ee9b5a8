with

source as (
    select * from {{ ref('raw_hubspot__emails') }}
    where not was_removed_at_first_load
),

property_names as (
    {{ crm_property_names('hubspot', 'emails', [
        'title', 'body', 'html_body', 'occurred_at', 'status', 'direction', 'owner', 'activity_type', 'offering',
    ]) }}
),

outcomes as (
    select * from {{ ref('activity_outcomes') }}
    where source_system = 'hubspot' and activity = 'email'
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
        {{ map_value('parsed.property_values', 'property_names.status') }} as outcome,
        upper({{ map_value('parsed.property_values', 'property_names.direction') }}) as vendor_direction,
        {{ map_value('parsed.property_values', 'property_names.activity_type') }} as activity_type,
        {{ map_value('parsed.property_values', 'property_names.title') }} as title,
        coalesce(
            {{ map_value('parsed.property_values', 'property_names.body') }},
            {{ map_value('parsed.property_values', 'property_names.html_body') }}
        ) as body,
        {{ map_value('parsed.property_values', 'property_names.owner') }} as owner_id,
        {{ map_value('parsed.property_values', 'property_names.offering') }} as offering
    from parsed
    cross join property_names
),

renamed as (
    select
        'hubspot:email:' || named.id as touch_id,
        named.occurred_at,
        {{ day_of('named.occurred_at') }} as occurred_on,
        'email' as activity,
        named.activity_type,
        named.title,
        named.body,
        named.owner_id,
        case when named.vendor_direction = 'INCOMING_EMAIL' then 'inbound' else 'outbound' end as direction,
        coalesce(outcomes.is_held, false) as is_held,
        -- One forwarded into the CRM tells of a mail between others.
        coalesce(named.vendor_direction in ('EMAIL', 'INCOMING_EMAIL'), false)
        and coalesce(outcomes.is_touch, true) as is_touch,
        false as is_account_review,
        cast(null as double) as duration_minutes,
        cast(null as double) as customer_talk_share,
        named.offering,
        companies.associated_id as company_record_id,
        {{ json_texts_of(json_text('named.associations', 'deals'), 'toObjectId') }} as deal_record_ids,
        {{ json_texts_of(json_text('named.associations', 'contacts'), 'toObjectId') }} as contact_record_ids,
        {{ provenance('hubspot', 'emails', 'named.id', 'named.url') }}
    from named
    left join companies on named.id = companies.id
    left join outcomes on upper(named.outcome) = outcomes.outcome
)

select * from renamed
