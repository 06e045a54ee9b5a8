{#- The dbt vars of the customers who are left out of the recommended actions, to see whether acting helps. -#}

{#- Share of customers held out, 0 to 1. -#}
{% macro holdout_share() -%}
    {%- set share = var('holdout_share') | string | float(-1) -%}
    {%- if share < 0 or share > 1 -%}
    {{ exceptions.raise_compiler_error(
        "dbt var holdout_share is " ~ var('holdout_share') ~ ": give a share of customers from 0 to 1"
    ) }}
    {%- endif -%}
    {{ return(share) }}
{%- endmacro %}

{#- Day since when they are held out, in SQL: what was decided before tells nothing of it. -#}
{% macro holdout_since_on() -%}
    {%- set since = var('holdout_since_on') | string -%}
    {%- if holdout_share() > 0 and not modules.re.fullmatch('[0-9]{4}-[0-9]{2}-[0-9]{2}', since) -%}
    {{ exceptions.raise_compiler_error(
        "dbt var holdout_since_on is '" ~ since ~ "': give the day, YYYY-MM-DD, since when a holdout_share above 0 is held out"
    ) }}
    {%- endif -%}
    cast({{ "'" ~ since ~ "'" if since else 'null' }} as date)
{%- endmacro %}
