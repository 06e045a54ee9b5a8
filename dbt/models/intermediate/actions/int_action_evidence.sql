with

evidence_gathered as (

    {%- for facts in [
        'int_touches_told_as_evidence',
        'int_account_reviews_told_as_evidence',
        'int_assignments_told_as_evidence',
        'int_incidents_told_as_evidence',
        'int_voice_told_as_evidence',
        'int_surveys_told_as_evidence',
        'int_terms_told_as_evidence',
    ] %}
    select
        evidence,
        kind,
        customer_id,
        fact_table,
        fact_id,
        happened_on,
        words,
        is_overdue,
        source_system,
        source_record_id,
        source_url,
        position
    from {{ ref(facts) }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

-- Braces name what a text is filled with: in the words of a customer they would be filled too.
evidence as (

    select
        evidence,
        kind,
        customer_id,
        fact_table,
        fact_id,
        happened_on,
        replace(replace(words, '{', '('), '}', ')') as words,
        is_overdue,
        source_system,
        source_record_id,
        source_url,
        position
    from evidence_gathered

)

select * from evidence
