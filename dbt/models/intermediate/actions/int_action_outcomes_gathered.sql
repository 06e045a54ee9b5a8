with

seed_rows as (

    select * from {{ sound_rows('recorded_outcomes') }}

),

file_rows as (

    select * from {{ ref('stg_files__action_outcomes') }}

),

companies as (

    select * from {{ ref('int_companies_resolved_to_customers') }}

),

days_of_seed_rows as (

    select
        *,
        {{ parse_date('recorded_on') }} as noted_on
    from seed_rows

),

-- A seed has no clock but what the person wrote: editing it restates what was known.
outcomes as (

    select
        'seeds:["' || customer_id || '", "' || driver || '", "' || recorded_on || '"]' as action_outcome_id,
        customer_id as customer_reference,
        driver,
        outcome,
        reason,
        recorded_by,
        noted_on,
        'seeds' as source_system,
        replace('{{ file_of_seed('recorded_outcomes') }}', 'seeds/', '') || ':' || seed_row as source_record_id,
        cast(null as {{ dbt.type_string() }}) as source_url,
        {{ start_of_day('noted_on') }} as recorded_at,
        noted_on as recorded_on,
        cast(null as date) as removed_on
    from days_of_seed_rows

    union all

    select
        action_outcome_id,
        customer_reference,
        driver,
        outcome,
        reason,
        recorded_by,
        noted_on,
        source_system,
        source_record_id,
        source_url,
        recorded_at,
        recorded_on,
        removed_on
    from file_rows
    where removed_on is null or recorded_on < removed_on

),

resolved as (

    select
        outcomes.action_outcome_id,
        companies.customer_id,
        outcomes.driver,
        outcomes.outcome,
        outcomes.reason,
        outcomes.recorded_by,
        outcomes.noted_on,
        {{ add_days(
            'outcomes.noted_on',
            "case outcomes.outcome when 'done' then " ~ var('action_rests_days').done ~ " else "
            ~ var('action_rests_days').wrong ~ " end",
        ) }} as rests_until_on,
        outcomes.source_system,
        outcomes.source_record_id,
        outcomes.source_url,
        outcomes.recorded_at,
        outcomes.recorded_on,
        outcomes.removed_on
    from outcomes
    left join companies
        on outcomes.customer_reference = companies.company_id

)

select * from resolved
