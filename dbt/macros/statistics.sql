{#- Statistics of proportions, in SQL that both engines share. -#}

{#- Standard normal deviate of a 95 % interval. -#}
{% macro z_95() -%}
    cast(1.959963984540054 as double)
{%- endmacro %}

{#-
    Bounds of Wilson's 95 % score interval of a share of n: unlike the normal approximation it is of use for a handful,
    and for shares of 0 and 1. (Wilson 1927; Brown, Cai, DasGupta 2001.)
-#}
{% macro wilson_low(successes, n) -%}
    {{ wilson_bound(successes, n, '-') }}
{%- endmacro %}

{% macro wilson_high(successes, n) -%}
    {{ wilson_bound(successes, n, '+') }}
{%- endmacro %}

{% macro wilson_bound(successes, n, sign) -%}
    {%- set z -%} {{ z_95() }} {%- endset -%}
    round(
        (
            {{ successes }} + {{ z }} * {{ z }} / 2
            {{ sign }} {{ z }} * sqrt(
                {{ successes }} * cast({{ n }} - {{ successes }} as double) / {{ n }} + {{ z }} * {{ z }} / 4
            )
        ) / ({{ n }} + {{ z }} * {{ z }}),
        12
    )
{%- endmacro %}
