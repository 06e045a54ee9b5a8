{#-
    One row per row of an HR table and unbroken time that it stood: a load brings the whole set of an employee, so a row
    that a later set lacks was removed when that set landed, and one that comes back stands anew. `values` names the
    columns that, with the employee, make a row what it is; the first of them is null in the row that says an employee
    has none. A row of the first complete load counts from its own day, any other from its landing.
-#}
{% macro replaced_sets(table_name, values) -%}
with

admitted as (
    {{ admitted_rows(table_name) }}
),

sets as (
    select
        "employeeId",
        load_id,
        min(landed_at) as landed_at,
        row_number() over (partition by "employeeId" order by load_id) as set_number,
        lead(min(landed_at)) over (partition by "employeeId" order by load_id) as replaced_at
    from admitted
    where "employeeId" is not null
    group by "employeeId", load_id
),

set_rows as (
    select distinct
        admitted."employeeId",
        {%- for value in values %}
        admitted.{{ adapter.quote(value) }},
        {%- endfor %}
        admitted.is_in_first_complete_load,
        sets.set_number,
        sets.landed_at,
        sets.replaced_at
    from admitted
    inner join sets
        on admitted."employeeId" = sets."employeeId"
        and admitted.load_id = sets.load_id
    where admitted.{{ adapter.quote(values[0]) }} is not null
),

numbered as (
    select
        *,
        set_number - row_number() over (
            partition by
                "employeeId"
                {%- for value in values %},
                {{ adapter.quote(value) }}
                {%- endfor %}
            order by set_number
        ) as stand_number
    from set_rows
),

stands as (
    select
        "employeeId",
        {%- for value in values %}
        {{ adapter.quote(value) }},
        {%- endfor %}
        bool_or(is_in_first_complete_load) as is_in_first_complete_load,
        min(landed_at) as first_landed_at,
        max(landed_at) as last_landed_at,
        -- Null as soon as the newest set has it: max_by would pass over that null.
        case when count(replaced_at) = count(*) then max(replaced_at) end as removed_at
    from numbered
    group by
        "employeeId",
        {%- for value in values %}
        {{ adapter.quote(value) }},
        {%- endfor %}
        stand_number
)

select * from stands
{%- endmacro %}
