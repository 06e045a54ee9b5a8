{#-
    Who of ours a system's users are: by e-mail exactly, else by a person's merge; a separation forbids that link; else
    `<system>-user:<id>`. The relation has source_system, its id column, email and is_listed; source_object as in the seed.
-#}
{% macro resolved_to_employees(relation, id, source_object) -%}
    with

    employees as (
        select * from {{ ref('int_employees') }}
    ),

    employee_emails as (
        select * from {{ ref('int_employees_identified_by_email') }}
    ),

    employee_links as (
        select * from {{ ref('employee_links') }}
        where source_object = '{{ source_object }}'
    ),

    by_email as (
        select
            {{ relation }}.source_system,
            {{ relation }}.{{ id }},
            employee_emails.employee_id,
            1 as precedence,
            'email' as rule,
            case
                when employee_emails.is_shared
                    then 'its e-mail is the work e-mail of several employees, of whom '
                        || employee_emails.employee_id || ' was employed last'
                else 'its e-mail is the work e-mail of ' || employee_emails.employee_id
            end as reason
        from {{ relation }}
        inner join employee_emails on {{ relation }}.email = employee_emails.email
    ),

    by_link as (
        select
            employee_links.source_system,
            employee_links.source_record_id as {{ id }},
            employees.employee_id,
            2 as precedence,
            'employee_link' as rule,
            'a person merged it into ' || employees.employee_id || ': ' || employee_links.reason as reason
        from employee_links
        inner join employees on employee_links.employee_id = employees.employee_id
        where employee_links.decision = 'merge'
    ),

    candidates as (
        select * from by_email
        union all
        select * from by_link
    ),

    chosen as (
        select candidates.*
        from candidates
        left join employee_links as separations
            on candidates.source_system = separations.source_system
            and candidates.{{ id }} = separations.source_record_id
            and candidates.employee_id = separations.employee_id
            and separations.decision = 'separate'
        where separations.employee_id is null
        qualify row_number() over (
            partition by candidates.source_system, candidates.{{ id }}
            order by candidates.precedence, candidates.employee_id
        ) = 1
    ),

    separated as (
        select distinct
            source_system,
            source_record_id
        from employee_links
        where decision = 'separate'
    )

    select
        {{ relation }}.source_system,
        {{ relation }}.{{ id }},
        coalesce(chosen.employee_id, {{ relation }}.source_system || '-user:' || {{ relation }}.{{ id }}) as employee_id,
        coalesce(chosen.rule, 'unknown_to_hr') as rule,
        case
            when chosen.rule is not null then chosen.reason
            when not {{ relation }}.is_listed then 'the system refers to it but does not list it'
            when separated.source_record_id is not null
                then 'a person separated it from the employee that its e-mail names'
            when {{ relation }}.email is null then 'it has no e-mail'
            else 'no employee has its e-mail'
        end as reason
    from {{ relation }}
    left join chosen
        on {{ relation }}.source_system = chosen.source_system
        and {{ relation }}.{{ id }} = chosen.{{ id }}
    left join separated
        on {{ relation }}.source_system = separated.source_system
        and {{ relation }}.{{ id }} = separated.source_record_id
{%- endmacro %}
