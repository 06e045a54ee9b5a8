{%- set columns = columns_published_before('customer_months') -%}

with

months as (

    select * from {{ ref('customer_months') }}

),

{%- if columns %}

published_months as (

    {{ published_rows('customer_months') }}

),

-- The month that ran when it was published was never said to be final, nor is the one that runs now.
final_until as (

    select least(
        (select max(month) from published_months),
        {{ date_month(as_of_on()) }}
    ) as first_month_not_final

),

final_months as (

    select months.*
    from months
    inner join final_until
        on months.month < final_until.first_month_not_final

),

final_published_months as (

    select published_months.*
    from published_months
    inner join final_until
        on published_months.month < final_until.first_month_not_final

),

pairs as (

    select
        coalesce(final_months.customer_id, final_published_months.customer_id) as customer_id,
        coalesce(final_months.month, final_published_months.month) as month,
        {%- for column in columns if column not in ('customer_id', 'month') %}
        cast(final_published_months.{{ column }} as {{ dbt.type_string() }}) as {{ column }}_before,
        cast(final_months.{{ column }} as {{ dbt.type_string() }}) as {{ column }}_after{{ ',' if not loop.last }}
        {%- endfor %}
    from final_months
    full join final_published_months
        on final_months.customer_id = final_published_months.customer_id
        and final_months.month = final_published_months.month
    where
        {%- for column in columns if column not in ('customer_id', 'month') %}
        {{ 'or ' if not loop.first }}final_months.{{ column }} is distinct from final_published_months.{{ column }}
        {%- endfor %}

),

restated as (
    {%- for column in columns if column not in ('customer_id', 'month') %}

    select
        month,
        customer_id,
        '{{ column }}' as {{ adapter.quote('column') }},
        {{ column }}_before as {{ adapter.quote('before') }},
        {{ column }}_after as {{ adapter.quote('after') }}
    from pairs
    where {{ column }}_before is distinct from {{ column }}_after
    {%- if not loop.last %}

    union all
    {%- endif %}
    {%- endfor %}

),

{%- else %}

restated as (

    select
        month,
        customer_id,
        cast(null as {{ dbt.type_string() }}) as {{ adapter.quote('column') }},
        cast(null as {{ dbt.type_string() }}) as {{ adapter.quote('before') }},
        cast(null as {{ dbt.type_string() }}) as {{ adapter.quote('after') }}
    from months
    where false

),

{%- endif %}

restatements as (

    select
        *,
        {{ as_of_at() }} as refresh
    from restated

)

select * from restatements
