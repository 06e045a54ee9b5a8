{#- How the texts of health_drivers become sentences about one customer. -#}

{#-
    What a text may name in braces: the kind of fact it is filled with (of the driver's own evidence, else the newest of
    the customer's in the first of `evidence` that has any), and what stands there where the customer has no such fact.
    `value` beside these is the measure itself.
-#}
{% macro action_placeholders() -%}
    {{ return({
        'touch': {'evidence': ['touches'], 'otherwise': 'our last contact'},
        'pitch': {'evidence': ['sales_touches'], 'otherwise': 'what we last pitched'},
        'incident': {'evidence': ['open_incidents', 'incidents'], 'otherwise': 'their last incident'},
        'promise': {'evidence': ['overdue_promises', 'broken_promises'], 'otherwise': 'what we promised'},
        'warning': {'evidence': ['unanswered_warnings'], 'otherwise': 'what they last warned us of'},
        'expectation': {'evidence': ['unmet_expectations'], 'otherwise': 'what they expect of us'},
        'opportunity': {'evidence': ['open_opportunities'], 'otherwise': 'what they could use next'},
        'voice': {'evidence': ['voice'], 'otherwise': 'what they last told us'},
        'survey': {'evidence': ['unacted_answers', 'answers'], 'otherwise': 'what they last answered'},
        'ghost': {'evidence': ['ghosts'], 'otherwise': 'whoever is no longer with us'},
        'change': {'evidence': ['changes'], 'otherwise': 'the last who left this customer'},
        'role': {'evidence': ['vacant_roles'], 'otherwise': 'the role that nobody fills'},
        'holder': {'evidence': ['team'], 'otherwise': 'whoever serves them'},
        'seller': {'evidence': ['sellers'], 'otherwise': 'whoever sold to them'},
        'review': {'evidence': ['account_reviews'], 'otherwise': 'the last session of the account team'},
        'renewal': {'evidence': ['next_term'], 'otherwise': 'the next renewal'},
    }) }}
{%- endmacro %}

{#- A text with its placeholders filled; `fillings` (Jinja) names the SQL expression of each, null being an empty text. -#}
{% macro filled(text, fillings) -%}
    {%- for placeholder in fillings %}replace({% endfor -%}
    {{ text }}
    {%- for placeholder, expression in fillings.items() %}, '{{ '{' ~ placeholder ~ '}' }}', coalesce({{ expression }}, ''))
    {%- endfor -%}
{%- endmacro %}

{#- A value of a measure by its row of measure_words: "73", "40 %"; null for yes and no. -#}
{% macro measured_number(value, words) -%}
    {{ number_in_words(value ~ ' * ' ~ words ~ '.times', words ~ '.decimals') }} || coalesce(' ' || {{ words }}.sign, '')
{%- endmacro %}

{#- What a value of a measure counts: "days", "% of the promises kept" without its sign; null where that is plain. -#}
{% macro measured_things(value, words) -%}
    case
        when {{ number_in_words(value ~ ' * ' ~ words ~ '.times', words ~ '.decimals') }} = '1' then {{ words }}.one
        else {{ words }}.many
    end
{%- endmacro %}
