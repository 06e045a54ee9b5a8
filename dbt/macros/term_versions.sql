{#-
    What a record's terms were, by day: a select of its id, known_from_on (a day on which any of them changed),
    known_until_on (the next such day) and a text column for each term, null where it was emptied or never filled. The
    relation is a history: the id, term, value, changed_at, changed_on and position (0 the newest of one moment).
-#}
{% macro term_versions(relation, id, terms) -%}
    with

    dated_values as (

        -- The day stands before the value, so that the greatest is the latest; '=' tells a value from an emptied one.
        select
            {{ id }},
            term,
            changed_on,
            cast(changed_on as {{ dbt.type_string() }}) || coalesce('=' || nullif(trim(value), ''), '') as dated_value
        from {{ relation }}
        qualify
            row_number() over (
                partition by {{ id }}, term, changed_on
                order by changed_at desc, position
            ) = 1

    ),

    changed_days as (

        select
            {{ id }},
            changed_on,
            {%- for term in terms %}
            max(case when term = '{{ term }}' then dated_value end) as {{ term }}{{ ',' if not loop.last }}
            {%- endfor %}
        from dated_values
        group by {{ id }}, changed_on

    ),

    carried_forward as (

        select
            {{ id }},
            changed_on,
            lead(changed_on) over (partition by {{ id }} order by changed_on) as next_changed_on,
            {%- for term in terms %}
            max({{ term }}) over (
                partition by {{ id }}
                order by changed_on
                rows between unbounded preceding and current row
            ) as {{ term }}{{ ',' if not loop.last }}
            {%- endfor %}
        from changed_days

    )

    select
        {{ id }},
        changed_on as known_from_on,
        next_changed_on as known_until_on,
        {%- for term in terms %}
        case when substr({{ term }}, 11, 1) = '=' then substr({{ term }}, 12) end as {{ term }}
        {{- ',' if not loop.last }}
        {%- endfor %}
    from carried_forward
{%- endmacro %}
