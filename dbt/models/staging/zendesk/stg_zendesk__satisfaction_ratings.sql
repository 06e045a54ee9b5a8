with

versions as (
    select * from {{ ref('raw_zendesk__satisfaction_rating_versions') }}
    where score is not null and score <> 'unoffered'
),

tickets as (
    select * from {{ ref('raw_zendesk__tickets') }}
),

-- A rating is deleted with its ticket: the vendor lists no deletion of its own.
source as (
    select
        versions.id,
        versions.score,
        versions.comment,
        versions.ticket_id,
        coalesce(nullif(versions.requester_id, ''), nullif(tickets.requester_id, '')) as requester_id,
        versions.url,
        versions.recorded_at,
        coalesce(versions.changed_at, versions.recorded_at) as changed_at,
        versions.score like 'good%' or versions.score like 'bad%' as is_answered,
        tickets.removed_at,
        coalesce(tickets.was_removed_at_first_load, false) as was_removed_at_first_load,
        min(versions.landed_at) over (partition by versions.id) as first_landed_at,
        max(versions.landed_at) over (partition by versions.id) as last_landed_at,
        row_number() over (
            partition by versions.id order by versions.changed_at, versions.load_id
        ) as version_number
    from versions
    left join tickets on versions.ticket_id = tickets.id
),

-- Before its answer a survey was sent, also where no load saw it unanswered.
states as (
    select
        *,
        is_answered as has_answer,
        case when version_number = 1 and not is_answered then recorded_at else changed_at end as known_from_at
    from source

    union all

    select
        *,
        false as has_answer,
        recorded_at as known_from_at
    from source
    where version_number = 1 and is_answered
),

renamed as (
    select
        'zendesk:satisfaction_rating:' || id as survey_response_id,
        'zendesk:' || ticket_id as incident_id,
        requester_id,
        'csat' as survey_type,
        recorded_at as sent_at,
        case when has_answer then changed_at end as responded_at,
        cast(case when has_answer and score like 'good%' then 1 when has_answer then 0 end as double) as score,
        cast(1 as double) as score_max,
        case when has_answer and score like 'good%' then 'positive' when has_answer then 'negative' end as sentiment,
        case when has_answer then nullif(trim(comment), '') end as comment,
        known_from_at,
        {{ provenance('zendesk', 'satisfaction_ratings', 'id', 'url') }}
    from states
    where not was_removed_at_first_load
)

select * from renamed
