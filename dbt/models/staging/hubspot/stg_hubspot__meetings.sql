with

source as (
    select * from {{ ref('raw_hubspot__meetings') }}
    where not was_removed_at_first_load
),

property_names as (
    {{ crm_property_names('hubspot', 'meetings', [
        'title', 'body', 'occurred_at', 'ended_at', 'outcome', 'talk_share', 'owner', 'activity_type', 'offering',
    ]) }}
),

outcomes as (
    select * from {{ ref('activity_outcomes') }}
    where source_system = 'hubspot' and activity = 'meeting'
),

account_reviews as (
    select {{ normalized_text('activity_type') }} as activity_type
    from {{ sound_rows('activity_channels') }}
    where activity = 'meeting' and channel = 'account_review'
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
            {{ parse_timestamp(map_value('parsed.property_values', "'hs_timestamp'")) }},
            parsed.recorded_at
        ) as occurred_at,
        {{ parse_timestamp(map_value('parsed.property_values', 'property_names.ended_at')) }} as ended_at,
        {{ map_value('parsed.property_values', 'property_names.outcome') }} as outcome,
        {{ map_value('parsed.property_values', 'property_names.activity_type') }} as activity_type,
        {{ map_value('parsed.property_values', 'property_names.title') }} as title,
        {{ map_value('parsed.property_values', 'property_names.body') }} as body,
        {{ map_value('parsed.property_values', 'property_names.owner') }} as owner_id,
        {{ number_of(map_value('parsed.property_values', 'property_names.talk_share')) }} as customer_talk_share,
        {{ map_value('parsed.property_values', 'property_names.offering') }} as offering
    from parsed
    cross join property_names
),

judged as (
    select
        named.*,
        -- Held as soon as its day has come: whoever reads this drops what lies after its as-of day.
        named.outcome is null or coalesce(outcomes.is_held, false) as is_held,
        coalesce(outcomes.is_touch, true) as is_meeting_with_customer,
        account_reviews.activity_type is not null as is_of_account_team
    from named
    left join outcomes on upper(named.outcome) = outcomes.outcome
    left join account_reviews on {{ normalized_text('named.activity_type') }} = account_reviews.activity_type
),

renamed as (
    select
        'hubspot:meeting:' || judged.id as touch_id,
        judged.occurred_at,
        {{ day_of('judged.occurred_at') }} as occurred_on,
        'meeting' as activity,
        judged.activity_type,
        judged.title,
        judged.body,
        judged.owner_id,
        'outbound' as direction,
        judged.is_held,
        judged.is_meeting_with_customer and not judged.is_of_account_team as is_touch,
        judged.is_of_account_team and judged.is_held as is_account_review,
        {{ hours_between('judged.occurred_at', 'judged.ended_at') }} * 60 as duration_minutes,
        judged.customer_talk_share,
        judged.offering,
        companies.associated_id as company_record_id,
        {{ json_texts_of(json_text('judged.associations', 'deals'), 'toObjectId') }} as deal_record_ids,
        {{ json_texts_of(json_text('judged.associations', 'contacts'), 'toObjectId') }} as contact_record_ids,
        {{ provenance('hubspot', 'meetings', 'judged.id', 'judged.url') }}
    from judged
    left join companies on judged.id = companies.id
)

select * from renamed
