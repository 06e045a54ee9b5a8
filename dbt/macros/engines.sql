{#-
    What DuckDB and Spark say differently, once each. Arguments are SQL expressions unless said.
    Only engines with a test here are written: another engine stops with the name of the macro it lacks.
-#}

{#- Text to an instant, UTC, without zone: ISO (Z, offset, none = UTC) or epoch milliseconds; null when unparsable. -#}
{% macro parse_timestamp(text) %}{{ return(adapter.dispatch('parse_timestamp', 'kept')(text)) }}{% endmacro %}

{% macro duckdb__parse_timestamp(text) -%}
    case
        when try_cast({{ text }} as bigint) is not null then make_timestamp(try_cast({{ text }} as bigint) * 1000)
        else cast(try_cast({{ text }} as timestamp with time zone) as timestamp)
    end
{%- endmacro %}

{#- Text to a day: the first ten characters of an ISO text, or the UTC day of epoch milliseconds; '0000-00-00' is null. -#}
{% macro parse_date(text) %}{{ return(adapter.dispatch('parse_date', 'kept')(text)) }}{% endmacro %}

{% macro duckdb__parse_date(text) -%}
    case
        when try_cast({{ text }} as bigint) is not null
            then cast(make_timestamp(try_cast({{ text }} as bigint) * 1000) as date)
        else try_cast(substr({{ text }}, 1, 10) as date)
    end
{%- endmacro %}

{#- Text to a finite double, null when it is none. -#}
{% macro number_of(text) %}{{ return(adapter.dispatch('number_of', 'kept')(text)) }}{% endmacro %}

{% macro duckdb__number_of(text) -%}
    case when isfinite(try_cast({{ text }} as double)) then try_cast({{ text }} as double) end
{%- endmacro %}

{#- The day of a UTC instant in the reporting time zone. -#}
{% macro day_of(instant) %}{{ return(adapter.dispatch('day_of', 'kept')(instant)) }}{% endmacro %}

{% macro duckdb__day_of(instant) -%}
    {%- if var('reporting_timezone') == 'UTC' -%}
    cast({{ instant }} as date)
    {%- else -%}
    cast(timezone('{{ var('reporting_timezone') }}', timezone('UTC', {{ instant }})) as date)
    {%- endif -%}
{%- endmacro %}

{#- The UTC instant at which a day of the reporting time zone begins. -#}
{% macro start_of_day(day) %}{{ return(adapter.dispatch('start_of_day', 'kept')(day)) }}{% endmacro %}

{% macro duckdb__start_of_day(day) -%}
    {%- if var('reporting_timezone') == 'UTC' -%}
    cast({{ day }} as timestamp)
    {%- else -%}
    timezone('UTC', timezone('{{ var('reporting_timezone') }}', cast({{ day }} as timestamp)))
    {%- endif -%}
{%- endmacro %}

{#- Whole days from one day to another, negative when the second is earlier. -#}
{% macro days_between(from_day, to_day) %}{{ return(adapter.dispatch('days_between', 'kept')(from_day, to_day)) }}{% endmacro %}

{% macro duckdb__days_between(from_day, to_day) -%}
    cast(date_diff('day', {{ from_day }}, {{ to_day }}) as integer)
{%- endmacro %}

{#- Hours from one instant to another, with fractions. -#}
{% macro hours_between(from_instant, to_instant) %}{{ return(adapter.dispatch('hours_between', 'kept')(from_instant, to_instant)) }}{% endmacro %}

{% macro duckdb__hours_between(from_instant, to_instant) -%}
    date_diff('microsecond', {{ from_instant }}, {{ to_instant }}) / 3600000000.0
{%- endmacro %}

{#- An instant some seconds later, fractions included. -#}
{% macro add_seconds(instant, seconds) %}{{ return(adapter.dispatch('add_seconds', 'kept')(instant, seconds)) }}{% endmacro %}

{% macro duckdb__add_seconds(instant, seconds) -%}
    ({{ instant }}) + to_microseconds(cast(round(({{ seconds }}) * 1000000) as bigint))
{%- endmacro %}

{#- A day some days later. -#}
{% macro add_days(day, days) %}{{ return(adapter.dispatch('add_days', 'kept')(day, days)) }}{% endmacro %}

{% macro duckdb__add_days(day, days) -%}
    cast(({{ day }}) + cast({{ days }} as integer) as date)
{%- endmacro %}

{#- A day some months later, clamped to the month's last day. -#}
{% macro add_months(day, months) %}{{ return(adapter.dispatch('add_months', 'kept')(day, months)) }}{% endmacro %}

{% macro duckdb__add_months(day, months) -%}
    cast(({{ day }}) + to_months(cast({{ months }} as integer)) as date)
{%- endmacro %}

{#- The first day of a day's month. -#}
{% macro date_month(day) %}{{ return(adapter.dispatch('date_month', 'kept')(day)) }}{% endmacro %}

{% macro duckdb__date_month(day) -%}
    cast(date_trunc('month', {{ day }}) as date)
{%- endmacro %}

{#- The text at a key (a Jinja string) of a JSON object; nested values come as JSON text. -#}
{% macro json_text(json, key) %}{{ return(adapter.dispatch('json_text', 'kept')(json, key)) }}{% endmacro %}

{% macro duckdb__json_text(json, key) -%}
    json_extract_string({{ json }}, '$."{{ key }}"')
{%- endmacro %}

{#- The same where the key is an SQL expression. -#}
{% macro json_text_dynamic(json, key) %}{{ return(adapter.dispatch('json_text_dynamic', 'kept')(json, key)) }}{% endmacro %}

{% macro duckdb__json_text_dynamic(json, key) -%}
    json_extract_string({{ json }}, '$."' || {{ key }} || '"')
{%- endmacro %}

{#- Whether a JSON object has a key (a Jinja string), be its value null. -#}
{% macro json_has(json, key) %}{{ return(adapter.dispatch('json_has', 'kept')(json, key)) }}{% endmacro %}

{% macro duckdb__json_has(json, key) -%}
    json_exists({{ json }}, '$."{{ key }}"')
{%- endmacro %}

{#- A JSON object as a map of text to text, parsed once for many keys. -#}
{% macro json_map(json) %}{{ return(adapter.dispatch('json_map', 'kept')(json)) }}{% endmacro %}

{% macro duckdb__json_map(json) -%}
    from_json({{ json }}, '"MAP(VARCHAR, VARCHAR)"')
{%- endmacro %}

{#- The text at a key (an SQL expression) of such a map, null if absent or empty. -#}
{% macro map_value(map, key) %}{{ return(adapter.dispatch('map_value', 'kept')(map, key)) }}{% endmacro %}

{% macro duckdb__map_value(map, key) -%}
    nullif({{ map }}[{{ key }}], '')
{%- endmacro %}

{#- A select of a relation's rows, one for each item of a JSON array column: all its columns, `item` and `position` from 0. -#}
{% macro json_array_rows(relation, json) %}{{ return(adapter.dispatch('json_array_rows', 'kept')(relation, json)) }}{% endmacro %}

{% macro duckdb__json_array_rows(relation, json) -%}
    select
        {{ relation }}.*,
        unnest(from_json({{ json }}, '["VARCHAR"]')) as item,
        generate_subscripts(from_json({{ json }}, '["VARCHAR"]'), 1) - 1 as position
    from {{ relation }}
{%- endmacro %}

{#- A select of a relation's rows, one for each part of a text column: all its columns and the trimmed, non-empty `item`. -#}
{% macro split_rows(relation, text, separator) %}{{ return(adapter.dispatch('split_rows', 'kept')(relation, text, separator)) }}{% endmacro %}

{% macro duckdb__split_rows(relation, text, separator) -%}
    select *
    from (
        select
            {{ relation }}.*,
            trim(unnest(string_split({{ text }}, '{{ separator }}'))) as item
        from {{ relation }}
    ) as parts
    where item <> ''
{%- endmacro %}

{#- The texts at a key (a Jinja string) of the objects in a JSON array, as a JSON array; `[]` where there is none. -#}
{% macro json_texts_of(json_array, key) %}{{ return(adapter.dispatch('json_texts_of', 'kept')(json_array, key)) }}{% endmacro %}

{% macro duckdb__json_texts_of(json_array, key) -%}
    cast(
        to_json(list_sort(list_distinct(json_extract_string(coalesce({{ json_array }}, '[]'), '$[*]."{{ key }}"'))))
        as text
    )
{%- endmacro %}

{#- The rows of a group as a JSON array of objects, ordered; `fields` (Jinja) names the SQL expression of each key. -#}
{% macro json_objects(fields, order_by) %}{{ return(adapter.dispatch('json_objects', 'kept')(fields, order_by)) }}{% endmacro %}

{% macro duckdb__json_objects(fields, order_by) -%}
    cast(
        to_json(
            list(
                {
                    {%- for key, expression in fields.items() %}
                    '{{ key }}': {{ expression }}{{ ',' if not loop.last }}
                    {%- endfor %}
                }
                order by {{ order_by }}
            )
        ) as text
    )
{%- endmacro %}

{#- A text column's distinct values of a group as one ordered text. -#}
{% macro ordered_texts(expression, separator) %}{{ return(adapter.dispatch('ordered_texts', 'kept')(expression, separator)) }}{% endmacro %}

{% macro duckdb__ordered_texts(expression, separator) -%}
    string_agg(distinct {{ expression }}, '{{ separator }}' order by {{ expression }})
{%- endmacro %}

{#- Text as a person reads it: without HTML, quoted replies and signature. Null stays null. -#}
{% macro plain_text(text) %}{{ return(adapter.dispatch('plain_text', 'kept')(text)) }}{% endmacro %}

{% macro duckdb__plain_text(text) -%}
    {%- set without_quoted_html -%}
    regexp_replace({{ text }}, '(?is)<(blockquote|style|script)\b.*?</(blockquote|style|script)\s*>', ' ', 'g')
    {%- endset -%}
    {%- set with_lines -%}
    regexp_replace({{ without_quoted_html }}, '(?i)<(br|/p|/div|/li|/tr)\b[^>]*>', chr(10), 'g')
    {%- endset -%}
    {%- set without_tags -%}
    regexp_replace({{ with_lines }}, '(?s)</?[a-zA-Z!][^>]*>', ' ', 'g')
    {%- endset -%}
    {%- set without_entities -%}
    regexp_replace(replace({{ without_tags }}, '&gt;', '>'), '&[a-zA-Z0-9#]+;', ' ', 'g')
    {%- endset -%}
    regexp_replace(
        regexp_replace(
            {{ without_entities }},
            '(?ism)^[ \t]*(on [^\n]{1,200}\swrote:|-+ ?original message ?-+|-- ?\r?$).*',
            ' '
        ),
        '(?m)^[ \t]*>[^\n]*',
        ' ',
        'g'
    )
{%- endmacro %}

{#-
    Text as rules read it: plain and lower case, every run of anything but letters and digits one space, a space at both
    ends, so that `like '% phrase %'` finds whole words. Null stays null.
-#}
{% macro normalized_text(text) %}{{ return(adapter.dispatch('normalized_text', 'kept')(text)) }}{% endmacro %}

{% macro duckdb__normalized_text(text) -%}
    ' ' || trim(regexp_replace(lower({{ plain_text(text) }}), '[^\p{L}\p{N}]+', ' ', 'g')) || ' '
{%- endmacro %}

{#-
    A select of a relation's rows, one for each `#mark` (letters, digits, `-` and `_`) in a plain text column: all its
    columns, the `mark` in lower case without its sign, and its `position` from 0.
-#}
{% macro marks_in_text(relation, text) %}{{ return(adapter.dispatch('marks_in_text', 'kept')(relation, text)) }}{% endmacro %}

{% macro duckdb__marks_in_text(relation, text) -%}
    {%- set marks -%}
    regexp_extract_all(lower({{ text }}), '#([\p{L}\p{N}]+(?:[_-]+[\p{L}\p{N}]+)*)', 1)
    {%- endset -%}
    select
        {{ relation }}.*,
        unnest({{ marks }}) as mark,
        generate_subscripts({{ marks }}, 1) - 1 as position
    from {{ relation }}
{%- endmacro %}

{#- An id as a mark bears it: in lower case, each run of anything but letters and digits one `-`, none at the ends. -#}
{% macro id_in_mark(id) %}{{ return(adapter.dispatch('id_in_mark', 'kept')(id)) }}{% endmacro %}

{% macro duckdb__id_in_mark(id) -%}
    trim(regexp_replace(lower({{ id }}), '[^\p{L}\p{N}]+', '-', 'g'), '-')
{%- endmacro %}

{#- A plain text on one line and without its marks; null if nothing else is in it. -#}
{% macro text_without_marks(text) %}{{ return(adapter.dispatch('text_without_marks', 'kept')(text)) }}{% endmacro %}

{% macro duckdb__text_without_marks(text) -%}
    nullif(
        trim(
            regexp_replace(
                regexp_replace({{ text }}, '#[\p{L}\p{N}]+(?:[_-]+[\p{L}\p{N}]+)*', ' ', 'g'),
                '\s+',
                ' ',
                'g'
            )
        ),
        ''
    )
{%- endmacro %}

{#- The row of a seed's file that a row of its table stands in, the heading being row 1 and blank lines not counted. -#}
{% macro row_in_file(relation) %}{{ return(adapter.dispatch('row_in_file', 'kept')(relation)) }}{% endmacro %}

{% macro duckdb__row_in_file(relation) -%}
    {%- if not execute or relation.is_cte -%}
    row_number() over () + 1
    {%- else -%}
    row_number() over (order by rowid) + 1
    {%- endif -%}
{%- endmacro %}

{#- Stops the query with a text: for what must never be guessed. Typed null where a value is expected: cast it. -#}
{% macro raise_error(text) %}{{ return(adapter.dispatch('raise_error', 'kept')(text)) }}{% endmacro %}

{% macro duckdb__raise_error(text) -%}
    error({{ text }})
{%- endmacro %}
