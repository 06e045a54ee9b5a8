{#- Whether a record of those days stood at the run's as-of day: recorded by then, and not removed by then. -#}
{% macro is_known(recorded_on, removed_on) -%}
    {{ recorded_on }} <= {{ as_of_on() }} and ({{ removed_on }} is null or {{ removed_on }} > {{ as_of_on() }})
{%- endmacro %}
