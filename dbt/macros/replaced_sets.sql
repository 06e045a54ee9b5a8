{#-
    One row per row of an HR table and unbroken time that it stood: a load brings the whole set of an employee, so a row
    that a later set lacks was removed when that set landed, and one that comes back stands anew. `values` names the
    columns that, with the employee, make a row what it is; the first of them is null in the row that says an employee
    has none. A row of the first complete load counts from its own day, any other from its landing. A set of which a row
    is held back would read as if that row were gone, so all of it waits and the set before stays in force.
-#}
{% macro replaced_sets(table_name, values) -%}
with

admitted as (
    {{ admitted_rows(table_name) }}
),

incomplete_sets as (
    select distinct
        landed."employeeId",
        landed._dlt_load_id as load_id
    from ({{ landing(table_name) }}) as landed
    where {{ is_held_back(table_name, 'landed') }}
),

sets as (
    select
        admitted."employeeId",
        admitted.load_id,
        min(admitted.landed_at) as landed_at,
        row_number() over (partition by admitted."employeeId" order by admitted.load_id) as set_number,
        lead(min(admitted.landed_at)) over (
            partition by admitted."employeeId"
            order by admitted.load_id
        ) as replaced_at
    from admitted
    left join incomplete_sets
        on admitted."employeeId" = incomplete_sets."employeeId"
        and admitted.load_id = incomplete_sets.load_id
    where admitted."employeeId" is not null and incomplete_sets.load_id is null
    group by admitted."employeeId", admitted.load_id
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
