with

source as (
    select * from {{ ref('raw_hubspot__feedback_submissions') }}
    where not was_removed_at_first_load
),

property_names as (
    {{ crm_property_names('hubspot', 'feedback_submissions', [
        'survey_type', 'score', 'sentiment', 'submitted_at', 'comment',
    ]) }}
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
        lower({{ map_value('parsed.property_values', 'property_names.survey_type') }}) as given_type,
        lower({{ map_value('parsed.property_values', 'property_names.sentiment') }}) as given_sentiment,
        {{ number_of(map_value('parsed.property_values', 'property_names.score')) }} as score,
        {{ map_value('parsed.property_values', 'property_names.comment') }} as comment,
        coalesce(
            {{ parse_timestamp(map_value('parsed.property_values', 'property_names.submitted_at')) }},
            parsed.recorded_at
        ) as responded_at
    from parsed
    cross join property_names
),

renamed as (
    select
        'hubspot:feedback_submission:' || named.id as survey_response_id,
        case when named.given_type in ('nps', 'csat', 'ces') then named.given_type else 'other' end as survey_type,
        named.responded_at,
        {{ day_of('named.responded_at') }} as responded_on,
        named.score,
        case
            when named.given_sentiment in ('positive', 'promoter') then 'positive'
            when named.given_sentiment in ('neutral', 'passive') then 'neutral'
            when named.given_sentiment in ('negative', 'detractor') then 'negative'
        end as sentiment,
        named.comment,
        companies.associated_id as company_record_id,
        {{ json_texts_of(json_text('named.associations', 'deals'), 'toObjectId') }} as deal_record_ids,
        {{ json_texts_of(json_text('named.associations', 'contacts'), 'toObjectId') }} as contact_record_ids,
        {{ provenance('hubspot', 'feedback_submissions', 'named.id', 'named.url') }}
    from named
    left join companies on named.id = companies.id
)

select * from renamed
