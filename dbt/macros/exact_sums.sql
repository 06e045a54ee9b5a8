{#-
    Sums that do not depend on the order in which an engine meets the rows, as sums of doubles do: a refresh that brings
    nothing new must change nothing, to the last digit.
-#}

{#- The sum of a measure, each value taken to nine decimals or as many as said; null where there is none. Over a named
    window if one is given. -#}
{% macro exact_sum(measure, window=none, decimals=9) -%}
    cast(sum(cast({{ measure }} as decimal(38, {{ decimals }}))) {%- if window %} over {{ window }}{% endif %} as double)
{%- endmacro %}

{#- Population standard deviation over mean of whole numbers below 1e9; null where their mean is 0 or there are none. -#}
{% macro spread_over_mean(whole_number) -%}
    {%- set number -%} cast({{ whole_number }} as decimal(18, 0)) {%- endset -%}
    sqrt(
        greatest(
            count({{ whole_number }}) * cast(sum({{ number }} * {{ number }}) as double)
            - cast(sum({{ number }}) as double) * cast(sum({{ number }}) as double),
            0
        )
    ) / nullif(cast(sum({{ number }}) as double), 0)
{%- endmacro %}
