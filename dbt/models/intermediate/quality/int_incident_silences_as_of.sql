-- Two months: who says nothing for that long after a complaint has stopped complaining, not necessarily hurting.
{% set days_of_silence = 60 %}

with

incidents as (

    select * from {{ ref('int_incident_states_as_of') }}
    where customer_id is not null

),

public_words as (

    select * from {{ ref('int_public_words_on_incidents') }}

),

heard as (

    select
        customer_id,
        occurred_at,
        occurred_on,
        greatest(occurred_on, known_from_on) as known_from_on,
        known_until_on
    from {{ ref('int_touches_known') }}
    where customer_id is not null and (direction = 'inbound' or is_two_way)

),

last_words as (

    select
        incidents.incident_id,
        incidents.as_of_on,
        incidents.customer_id,
        coalesce(incidents.resolved_at, public_words.commented_at, incidents.opened_at) as last_word_at
    from incidents
    left join public_words
        on incidents.incident_id = public_words.incident_id
        and incidents.as_of_on >= public_words.commented_on
        and (public_words.next_commented_on is null or incidents.as_of_on < public_words.next_commented_on)

),

last_words_long_ago as (

    select
        *,
        {{ add_days(day_of('last_word_at'), days_of_silence) }} as silent_until_on
    from last_words
    where {{ add_days(day_of('last_word_at'), days_of_silence) }} <= as_of_on

),

-- The same last word stands at many as-of days: what was heard after it is looked up once.
heard_after_words as (

    select
        words.incident_id,
        words.last_word_at,
        heard.known_from_on,
        heard.known_until_on
    from (
        select distinct
            incident_id,
            customer_id,
            last_word_at,
            silent_until_on
        from last_words_long_ago
    ) as words
    inner join heard
        on words.customer_id = heard.customer_id
        and words.last_word_at < heard.occurred_at
        and words.silent_until_on >= heard.occurred_on

),

broken_silences as (

    select distinct
        last_words_long_ago.incident_id,
        last_words_long_ago.as_of_on
    from last_words_long_ago
    inner join heard_after_words
        on last_words_long_ago.incident_id = heard_after_words.incident_id
        and last_words_long_ago.last_word_at = heard_after_words.last_word_at
        and last_words_long_ago.as_of_on >= heard_after_words.known_from_on
        and (
            heard_after_words.known_until_on is null
            or last_words_long_ago.as_of_on < heard_after_words.known_until_on
        )

),

silences as (

    select
        last_words_long_ago.incident_id,
        last_words_long_ago.as_of_on,
        last_words_long_ago.customer_id,
        last_words_long_ago.last_word_at,
        last_words_long_ago.silent_until_on,
        broken_silences.incident_id is null as went_quiet
    from last_words_long_ago
    left join broken_silences
        on last_words_long_ago.incident_id = broken_silences.incident_id
        and last_words_long_ago.as_of_on = broken_silences.as_of_on

),

heard_since as (

    select distinct
        silences.incident_id,
        silences.as_of_on
    from silences
    inner join heard
        on silences.customer_id = heard.customer_id
        and silences.silent_until_on < heard.occurred_on
        and silences.as_of_on >= heard.known_from_on
        and (heard.known_until_on is null or silences.as_of_on < heard.known_until_on)
    where silences.went_quiet

),

silences_as_of as (

    select
        silences.incident_id,
        silences.as_of_on,
        silences.last_word_at,
        silences.went_quiet,
        silences.went_quiet and heard_since.incident_id is null as is_quiet_since
    from silences
    left join heard_since
        on silences.incident_id = heard_since.incident_id
        and silences.as_of_on = heard_since.as_of_on

)

select * from silences_as_of
