with

deal_history as (

    select * from {{ ref('int_deal_history') }}

),

valued as (

    {{ term_versions('deal_history', 'deal_id', [
        'stage', 'pipeline', 'amount', 'arr', 'currency', 'close_date', 'owner', 'contract_start', 'contract_end',
        'notice',
    ]) }}

),

typed as (

    select
        deal_id,
        known_from_on,
        known_until_on,
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
