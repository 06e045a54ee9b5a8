{#-
    What a row of a seed must be, said once: `rules` in the meta of its columns. A row that breaks one is left out of
    every model (sound_rows) and told by `seed_faults` with file, row and reason. The rules that there are:
    needed (not empty), unique and unique_with other columns (the first row stands), one_of (words), parts (words joined
    by +), words (a phrase that a text can have), mark (what a tag or #mark can be, with these characters between),
    number, at_least, day, measured (a number or yes or no of customer_months), evidence (a kind of it), placeholders (a
    text that names none in braces but those of action_placeholders), differs_from and not_before (another column),
    needed_unless and one_of_where (by the value of another column).
-#}

{#- The rules of a seed by column; none in a unit test, which has no graph. -#}
{% macro rules_of_seed(seed) -%}
    {%- set rules = {} -%}
    {%- if execute and graph.nodes is defined -%}
    {%- for column in graph.nodes['seed.kept.' ~ seed].columns.values() if column.config.meta.get('rules') -%}
    {%- do rules.update({column.name: column.config.meta.rules}) -%}
    {%- endfor -%}
    {%- endif -%}
    {{ return(rules) }}
{%- endmacro %}

{#- Where a person finds a seed. -#}
{% macro file_of_seed(seed) -%}
    {%- if not execute or graph.nodes is not defined -%}
    {{ return(seed) }}
    {%- endif -%}
    {{ return(graph.nodes['seed.kept.' ~ seed].original_file_path | replace('../', '')) }}
{%- endmacro %}

{#- The rows of a seed with their `seed_row` in the file, and what is wrong with them as `fault`: for a from clause. -#}
{% macro judged_rows(seed) -%}
    (
        select
            *,
            {{ fault_of_row(rules_of_seed(seed)) }} as fault
        from (
            select
                *,
                {{ row_in_file(ref(seed)) }} as seed_row
            from {{ ref(seed) }}
        ) as numbered
    ) as {{ seed }}
{%- endmacro %}

{#- Those rows of a seed that are what they must be: for a from clause. -#}
{% macro sound_rows(seed) -%}
    (
        select *
        from {{ judged_rows(seed) }}
        where fault is null
    ) as {{ seed }}
{%- endmacro %}

{#- What breaks the first of the rules in a row, null where nothing does: an SQL expression over it and seed_row. -#}
{% macro fault_of_row(rules) -%}
    case
        {%- for column, rule in rules.items() %}
        {%- set value = adapter.quote(column) %}
        {%- set text = 'cast(' ~ value ~ ' as ' ~ dbt.type_string() ~ ')' %}
        {%- set is_empty = "coalesce(trim(" ~ text ~ "), '') = ''" %}
        {%- set told = "'`" ~ column ~ "` is `' || " ~ text ~ " || '`" %}
        {%- if rule.needed %}
        when {{ is_empty }} then '`{{ column }}` is empty'
        {%- endif %}
        {%- for other, words in (rule.needed_unless or {}).items() %}
        when {{ is_empty }} and {{ other }} not in ('{{ words | join("', '") }}') then '`{{ column }}` is empty'
        {%- endfor %}
        {%- if rule.one_of %}
        when {{ value }} not in ('{{ rule.one_of | join("', '") }}') then {{ told }}, not one of {{ rule.one_of | join(', ') }}'
        {%- endif %}
        {%- for other, lists in (rule.one_of_where or {}).items() %}
        {%- for word, words in lists.items() %}
        when {{ other }} = '{{ word }}' and {{ value }} not in ('{{ words | join("', '") }}')
            then {{ told }}, for {{ word }} not one of {{ words | join(', ') }}'
        {%- endfor %}
        {%- endfor %}
        {%- if rule.parts %}
        {%- set left_over = namespace(text="'+' || replace(" ~ value ~ ", '+', '++') || '+'") %}
        {%- for part in rule.parts %}
        {%- set left_over.text = "replace(" ~ left_over.text ~ ", '+" ~ part ~ "+', '')" %}
        {%- endfor %}
        when {{ left_over.text }} <> '' then {{ told }}, not made of {{ rule.parts | join(', ') }} and + between them'
        {%- endif %}
        {%- if rule.measured %}
        when {{ value }} not in ('{{ measured_columns() | join("', '") }}')
            then {{ told }}, no number and no yes or no that customer_months measures'
        {%- endif %}
        {%- if rule.evidence %}
        {%- set kinds = [] %}
        {%- for kinds_of_facts in kinds_of_evidence().values() %}
        {%- do kinds.extend(kinds_of_facts) %}
        {%- endfor %}
        when {{ value }} not in ('{{ kinds | join("', '") }}') then {{ told }}, no kind of evidence'
        {%- endif %}
        {%- if rule.placeholders %}
        {%- set names = ['value', 'percent'] + action_placeholders() | list %}
        {%- set left_over = namespace(text=value) %}
        {%- for name in names %}
        {%- set left_over.text = "replace(" ~ left_over.text ~ ", '{" ~ name ~ "}', '')" %}
        {%- endfor %}
        when translate({{ left_over.text }}, '{}', '') <> {{ left_over.text }}
            then {{ told }}; in braces can stand {{ names | join(', ') }}'
        {%- endif %}
        {%- if rule.words %}
        when trim({{ normalized_text(value) }}) = '' then {{ told }}, without a letter or digit: no text can match it'
        {#- chr(92) is a backslash, which engines read differently in a literal. #}
        when translate({{ value }}, chr(92) || '*[]{}|^<>%', '') <> {{ value }}
            then {{ told }}: a phrase is words as they stand in the text, no pattern'
        {%- endif %}
        {%- if rule.mark %}
        {%- set bare = "translate(" ~ value ~ ", '" ~ rule.mark ~ "', '')" %}
        when {{ normalized_text(bare) }} <> ' ' || {{ bare }} || ' ' or {{ bare }} like '% %' or {{ bare }} = ''
            then {{ told }}: only lower case letters and digits with {{ rule.mark }} between them can match'
        {%- endif %}
        {%- if rule.number %}
        when {{ number_of(value) }} is null then {{ told }}, which is no number'
        {%- endif %}
        {%- if rule.at_least is defined %}
        when {{ number_of(value) }} < {{ rule.at_least }} then {{ told }}, below {{ rule.at_least }}'
        {%- endif %}
        {%- if rule.differs_from %}
        when {{ number_of(value) }} = {{ number_of(rule.differs_from) }} then {{ told }}, the same as `{{ rule.differs_from }}`'
        {%- endif %}
        {%- if rule.day %}
        when {{ parse_date(value) }} is null or {{ value }} not like '____-__-__'
            then {{ told }}, which is no day written YYYY-MM-DD'
        {%- endif %}
        {%- if rule.not_before %}
        when {{ parse_date(value) }} < {{ parse_date(rule.not_before) }} then {{ told }}, before `{{ rule.not_before }}`'
        {%- endif %}
        {%- if rule.unique or rule.unique_with %}
        {%- set same = [normalized_text(value) if rule.words else value] + (rule.unique_with or []) %}
        when {{ value }} is not null and row_number() over (partition by {{ same | join(', ') }} order by seed_row) > 1
            then {{ told }}, as in a row above'
        {%- endif %}
        {%- endfor %}
        when false then ''
    end
{%- endmacro %}

{#- The numbers, yeses and noes that customer_months measures: what a driver can be. Names as its contract has them. -#}
{% macro measured_columns() -%}
    {%- set columns = [] -%}
    {%- if execute and graph.nodes is defined -%}
    {%- set measured = graph.nodes['model.kept.int_customer_months_measured'].columns -%}
    {%- for column in graph.nodes['model.kept.customer_months'].columns.values() -%}
    {%- if column.name in measured and column.data_type in ('boolean', 'integer', 'bigint', 'double') -%}
    {%- do columns.append(column.name) -%}
    {%- endif -%}
    {%- endfor -%}
    {%- endif -%}
    {{ return(columns) }}
{%- endmacro %}
