with

evidence_gathered as (

    {%- for facts in [
        'touches',
        'deals',
        'account_reviews',
        'assignments',
        'incidents',
        'voice',
        'surveys',
        'terms',
        'usage',
        'goals',
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
    from {{ ref('int_' ~ facts ~ '_told_as_evidence') }}
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
