{%- set terms = [
    'stage', 'pipeline', 'amount', 'arr', 'currency', 'close_date', 'owner', 'contract_start', 'contract_end', 'notice',
] -%}

with

deal_history as (

    select * from {{ ref('int_deal_history') }}

),

dated_values as (

    -- The day stands before the value, so that the greatest is the latest; '=' tells a value from an emptied one.
    select
        deal_id,
        term,
        changed_on,
        cast(changed_on as {{ dbt.type_string() }}) || coalesce('=' || nullif(trim(value), ''), '') as dated_value
    from deal_history
    qualify
        row_number() over (
            partition by deal_id, term, changed_on
            order by changed_at desc, position
        ) = 1

),

changed_days as (

    select
        deal_id,
        changed_on,
        {%- for term in terms %}
        max(case when term = '{{ term }}' then dated_value end) as {{ term }}{{ ',' if not loop.last }}
        {%- endfor %}
    from dated_values
    group by deal_id, changed_on

),

carried_forward as (

    select
        deal_id,
        changed_on,
        lead(changed_on) over (partition by deal_id order by changed_on) as next_changed_on,
        {%- for term in terms %}
        max({{ term }}) over (
            partition by deal_id
            order by changed_on
            rows between unbounded preceding and current row
        ) as {{ term }}{{ ',' if not loop.last }}
        {%- endfor %}
    from changed_days

),

valued as (

    select
        deal_id,
        changed_on,
        next_changed_on,
        {%- for term in terms %}
        case when substr({{ term }}, 11, 1) = '=' then substr({{ term }}, 12) end as {{ term }}
        {{- ',' if not loop.last }}
        {%- endfor %}
    from carried_forward

),

typed as (

    select
        deal_id,
        changed_on as known_from_on,
        next_changed_on as known_until_on,
        pipeline as pipeline_id,
        stage as stage_id,
        owner as owner_id,
        coalesce({{ number_of('arr') }}, {{ number_of('amount') }}) as arr_original,
        coalesce(upper(currency), '{{ var("reporting_currency") }}') as currency,
        -- HubSpot's close date is an instant, but a plain day is a day in every time zone.
        case
            when length(close_date) = 10 then {{ parse_date('close_date') }}
            else {{ day_of(parse_timestamp('close_date')) }}
        end as close_on,
        case
            when length(close_date) = 10 then {{ start_of_day(parse_date('close_date')) }}
            else {{ parse_timestamp('close_date') }}
        end as close_at,
        {{ parse_date('contract_start') }} as contract_start_on,
        {{ parse_date('contract_end') }} as contract_end_on,
        {{ parse_date('notice') }} as notice_on
    from valued

)

select * from typed
