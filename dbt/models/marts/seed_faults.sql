{#- Rules are rows that a person edits by the dozen: one that is wrong is left out and told. A wrong row of who is who,
    or of what is worth what, would change figures by its absence: the tests of those seeds refuse the build. -#}
{%- set seeds = [
    'activity_channels',
    'contact_personas',
    'health_drivers',
    'health_overrides',
    'holding_phrases',
    'incident_tags',
    'measure_evidence',
    'recorded_outcomes',
    'touch_rules',
    'voice_marks',
] -%}

with

customers as (

    select * from {{ ref('int_companies_resolved_to_customers') }}

),

drivers as (

    select * from {{ ref('int_health_drivers') }}

),

overrides as (

    select * from {{ sound_rows('health_overrides') }}

),

outcomes as (

    select * from {{ sound_rows('recorded_outcomes') }}

),

broken_rules as (
    {% for seed in seeds %}

    select
        '{{ file_of_seed(seed) }}' as seed_file,
        seed_row,
        fault as reason,
        'left_out' as verdict
    from {{ judged_rows(seed) }}
    where fault is not null
    {%- if not loop.last %}

    union all
    {%- endif %}
    {%- endfor %}

),

-- A score is told of customers alone.
overrides_without_effect as (

    select
        '{{ file_of_seed('health_overrides') }}' as seed_file,
        seed_row,
        case
            when customer_id not in (select customers.customer_id from customers)
                then '`customer_id` is `' || customer_id || '`, no customer'
            else '`expires_on` is `' || expires_on || '`: it is no longer shown'
        end as reason,
        case
            when customer_id not in (select customers.customer_id from customers) then 'left_out'
            else 'expired'
        end as verdict
    from overrides
    where
        customer_id not in (select customers.customer_id from customers)
        or {{ parse_date('expires_on') }} < {{ as_of_on() }}

),

-- Kept, as what files tell is: the customer may be entered, or the driver come back.
outcomes_of_nothing as (

    select
        '{{ file_of_seed('recorded_outcomes') }}' as seed_file,
        seed_row,
        case
            when customer_id not in (select customers.company_id from customers)
                then '`customer_id` is `' || customer_id || '`, no customer'
            else '`driver` is `' || driver || '`, no driver of the health score'
        end as reason,
        'unresolved' as verdict
    from outcomes
    where
        customer_id not in (select customers.company_id from customers)
        or driver not in (select drivers.driver from drivers)

),

faults as (

    select * from broken_rules

    union all

    select * from overrides_without_effect

    union all

    select * from outcomes_of_nothing

)

select * from faults
