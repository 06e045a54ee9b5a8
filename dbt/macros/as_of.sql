{#- The run's as-of day as `YYYY-MM-DD`: var `as_of_on`, else env KEPT_AS_OF, else the day the run started. -#}
{% macro as_of_day() -%}
    {%- set given = var('as_of_on') or env_var('KEPT_AS_OF', '') -%}
    {%- if given -%}
        {{ return(given | string) }}
    {%- endif -%}
    {{ return(run_started_at.astimezone(modules.pytz.timezone(var('reporting_timezone'))).strftime('%Y-%m-%d')) }}
{%- endmacro %}

{#- The run's as-of day in SQL. -#}
{% macro as_of_on() -%}
    cast('{{ as_of_day() }}' as date)
{%- endmacro %}

{#- The instant ages are counted to: the end of a given as-of day, else the start of the run. -#}
{% macro as_of_at() -%}
    {%- if var('as_of_on') or env_var('KEPT_AS_OF', '') -%}
    {{ start_of_day(add_days(as_of_on(), 1)) }}
    {%- else -%}
    cast('{{ run_started_at.astimezone(modules.pytz.utc).strftime('%Y-%m-%d %H:%M:%S') }}' as timestamp)
    {%- endif -%}
{%- endmacro %}
