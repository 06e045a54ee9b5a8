{#-
    A measure rounded to nine decimals: how an engine adds up doubles depends on the order in which it meets them, and a
    refresh that brings nothing new must change nothing.
-#}
{% macro settled(measure) -%}
    round({{ measure }}, 9)
{%- endmacro %}
