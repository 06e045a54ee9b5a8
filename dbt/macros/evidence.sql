{#- What records say for themselves where an action points at them. -#}

{#-
    A select of a relation's newest rows of each customer, for every kind of evidence: `evidence` names a condition on the
    relation's rows (a Jinja dict of texts), `as_kind` says for some of them that their words fill another placeholder
    than `kind`. The relation has customer_id, happened_on and fact_id. Five are as many as anybody looks up before a call;
    the customer's page has them all.
-#}
{% macro newest_evidence(relation, kind, evidence, as_kind={}) -%}
    {%- for name, condition in evidence.items() %}
    select
        {{ relation }}.*,
        '{{ name }}' as evidence,
        '{{ as_kind.get(name, kind) }}' as kind,
        row_number() over (
            partition by customer_id
            order by happened_on desc, length(fact_id) desc, fact_id desc
        ) as position
    from {{ relation }}
    where {{ condition }}
    qualify
        row_number() over (
            partition by customer_id
            order by happened_on desc, length(fact_id) desc, fact_id desc
        ) <= 5
    {{ 'union all' if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{#- What somebody said or wrote, in quotes and short enough for a sentence; null stays null. -#}
{% macro in_quotes(text) -%}
    '“' || case
        when length({{ text }}) > 160 then trim(substr({{ text }}, 1, 159)) || '…'
        else {{ text }}
    end || '”'
{%- endmacro %}

{#- A day as the reports write it. -#}
{% macro day_in_words(day) -%}
    cast({{ day }} as {{ dbt.type_string() }})
{%- endmacro %}

{#- A code of the mart in words. -#}
{% macro code_in_words(code) -%}
    case {{ code }}
        when 'csm' then 'CSM'
        when 'nps' then 'NPS'
        when 'csat' then 'CSAT'
        when 'ces' then 'CES'
        when 'email' then 'e-mail'
        when 'other' then 'other problem'
        else replace({{ code }}, '_', ' ')
    end
{%- endmacro %}

{#- A number with so many decimals (a Jinja number, or an SQL expression of 0, 1 or 2), without an engine's own notation. -#}
{% macro number_in_words(number, decimals) -%}
    case {{ decimals }}
        when 0 then cast(cast(round({{ number }}, 0) as {{ dbt.type_bigint() }}) as {{ dbt.type_string() }})
        when 1 then cast(cast({{ number }} as decimal(18, 1)) as {{ dbt.type_string() }})
        else cast(cast({{ number }} as decimal(18, 2)) as {{ dbt.type_string() }})
    end
{%- endmacro %}
