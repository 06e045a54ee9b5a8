{#- Money in the reporting currency: each amount at the rate of its own day, the latest on or before it. -#}

{#- A select of currency, rate, and the days from which (valid_on) and until which (next_valid_on) the rate holds. -#}
{% macro rates_in_force() -%}
    select
        upper(trim(currency)) as currency,
        rate,
        valid_on,
        lead(valid_on) over (partition by upper(trim(currency)) order by valid_on) as next_valid_on
    from {{ ref('exchange_rates') }}
{%- endmacro %}

{#-
    The rate of a row (columns currency and rate_on) joined to `rates`; 1 for the reporting currency. No rate at all stops
    the query with currency, day and what is missing it (an SQL text).
-#}
{% macro rate_or_stop(relation, whose) -%}
    case
        when {{ relation }}.currency = '{{ var("reporting_currency") }}' then 1.0
        when rates.rate is not null then rates.rate
        else {{ raise_error(
            "'No exchange rate of ' || " ~ relation ~ ".currency || ' on ' || cast(" ~ relation ~ ".rate_on as "
            ~ dbt.type_string() ~ ") || ' or before: add a row to seeds/rates/exchange_rates.csv (' || " ~ whose ~ " || ')'"
        ) }}
    end
{%- endmacro %}
