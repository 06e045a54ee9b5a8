{#- How the texts of health_drivers become sentences about one customer. -#}

{#-
    What a text may name in braces, and what fills it: the first record of that kind among the driver's own evidence, else
    the newest of the customer's in the first kind of `evidence` that has any, else the words `otherwise`. `value` and
    `percent`, the measured value and a hundred times that, fill themselves.
-#}
{% macro action_placeholders() -%}
    {{ return({
        'touch': {'evidence': ['touches'], 'otherwise': 'nothing on record'},
        'holding_reply': {'evidence': ['holding_replies'], 'otherwise': 'an answer that was none'},
        'pitch': {'evidence': ['pitches', 'offers'], 'otherwise': 'what we last offered'},
        'review': {'evidence': ['account_reviews'], 'otherwise': 'the last session of the account team'},
        'holder': {'evidence': ['team'], 'otherwise': 'whoever serves them'},
        'newcomer': {'evidence': ['newcomers'], 'otherwise': 'who is new'},
        'ghost': {'evidence': ['ghosts'], 'otherwise': 'who is no longer with us'},
        'role': {'evidence': ['vacant_roles'], 'otherwise': 'the role that nobody fills'},
        'change': {'evidence': ['changes'], 'otherwise': 'who served them before'},
        'seller': {'evidence': ['sellers'], 'otherwise': 'somebody who knows what was promised at the sale'},
        'incident': {'evidence': ['open_incidents', 'incidents'], 'otherwise': 'what last went wrong'},
        'promise': {'evidence': ['overdue_promises', 'broken_promises'], 'otherwise': 'what we promised'},
        'voice': {'evidence': ['voice'], 'otherwise': 'nothing that anybody noted'},
        'warning': {'evidence': ['unanswered_warnings'], 'otherwise': 'what they last warned of'},
        'expectation': {'evidence': ['unmet_expectations'], 'otherwise': 'what they expect of us'},
        'opportunity': {'evidence': ['open_opportunities'], 'otherwise': 'what they could use next'},
        'survey': {'evidence': ['unacted_answers', 'answers'], 'otherwise': 'what they last answered'},
        'renewal': {'evidence': ['next_term'], 'otherwise': 'the next renewal'},
        'usage': {'evidence': ['usage'], 'otherwise': 'what they use'},
        'goal': {'evidence': ['unmet_goals', 'goals'], 'otherwise': 'the last goal'},
    }) }}
{%- endmacro %}

{#- A text with its placeholders filled; `fillings` (Jinja) names the SQL expression of each, null being an empty text. -#}
{% macro filled(text, fillings) -%}
    {%- for placeholder in fillings %}replace({% endfor -%}
    {{ text }}
    {%- for placeholder, expression in fillings.items() %}, '{{ '{' ~ placeholder ~ '}' }}', coalesce({{ expression }}, ''))
    {%- endfor -%}
{%- endmacro %}
