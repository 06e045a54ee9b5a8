with

source as (
    select * from {{ ref('raw_hubspot__calls') }}
    where not was_removed_at_first_load
),

property_names as (
    {{ crm_property_names('hubspot', 'calls', [
        'title', 'body', 'occurred_at', 'status', 'direction', 'duration', 'talk_share', 'owner', 'activity_type', 'offering',
    ]) }}
),

outcomes as (
    select * from {{ ref('activity_outcomes') }}
    where source_system = 'hubspot' and activity = 'call'
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
        {{ parse_timestamp(map_value('parsed.property_values', 'property_names.occurred_at')) }} as given_at,
        {{ map_value('parsed.property_values', 'property_names.status') }} as outcome,
        {{ map_value('parsed.property_values', 'property_names.activity_type') }} as activity_type,
        {{ map_value('parsed.property_values', 'property_names.title') }} as title,
        {{ map_value('parsed.property_values', 'property_names.body') }} as body,
        {{ map_value('parsed.property_values', 'property_names.owner') }} as owner_id,
        {{ map_value('parsed.property_values', 'property_names.direction') }} as vendor_direction,
        {{ number_of(map_value('parsed.property_values', 'property_names.duration')) }} as duration_milliseconds,
        {{ number_of(map_value('parsed.property_values', 'property_names.talk_share')) }} as customer_talk_share,
        {{ map_value('parsed.property_values', 'property_names.offering') }} as offering
    from parsed
    cross join property_names
),

renamed as (
    select
        'hubspot:call:' || named.id as touch_id,
        coalesce(named.given_at, named.recorded_at) as occurred_at,
        {{ day_of('coalesce(named.given_at, named.recorded_at)') }} as occurred_on,
        'call' as activity,
        named.activity_type,
        named.title,
        named.body,
        named.owner_id,
        case when upper(named.vendor_direction) = 'INBOUND' then 'inbound' else 'outbound' end as direction,
        coalesce(outcomes.is_held, false) as is_held,
        coalesce(outcomes.is_touch, true) as is_touch,
        false as is_account_review,
        named.duration_milliseconds / 60000 as duration_minutes,
        named.customer_talk_share,
        named.offering,
        companies.associated_id as company_record_id,
        {{ json_texts_of(json_text('named.associations', 'deals'), 'toObjectId') }} as deal_record_ids,
        {{ json_texts_of(json_text('named.associations', 'contacts'), 'toObjectId') }} as contact_record_ids,
        {{ provenance('hubspot', 'calls', 'named.id', 'named.url') }}
    from named
    left join companies on named.id = companies.id
    left join outcomes on upper(named.outcome) = outcomes.outcome
)

select * from renamed
