with

terms as (

    select * from {{ ref('int_terms_as_of') }}
    where is_run_day

),

deals as (

    select * from {{ ref('int_deals') }}

),

pulse_checks as (

    select * from {{ ref('int_touches_classified') }}
    where is_pulse_check

),

assessed as (

    select * from {{ ref('int_renewals_assessed') }}

),

pulses_in_terms as (

    select
        terms.renewal_id,
        min(pulse_checks.occurred_on) as first_pulse_check_on,
        count(distinct {{ date_month('pulse_checks.occurred_on') }}) as pulse_months
    from terms
    inner join pulse_checks
        on terms.customer_id = pulse_checks.customer_id
        and pulse_checks.occurred_on between terms.term_started_on and terms.due_on
        and pulse_checks.occurred_on <= terms.as_of_on
        and pulse_checks.recorded_on <= terms.as_of_on
        and (pulse_checks.removed_on is null or pulse_checks.removed_on > terms.as_of_on)
    group by terms.renewal_id

),

renewals as (

    select
        terms.renewal_id,
        terms.contract_id,
        terms.customer_id,
        terms.term_number,
        terms.term_started_on,
        terms.due_on,
        terms.notice_due_on,
        terms.arr_due,
        terms.outcome,
        terms.arr_after,
        terms.decided_on,
        case when terms.outcome = 'churned' then deciding_deals.loss_reason end as loss_reason,
        pulses_in_terms.first_pulse_check_on,
        coalesce(pulses_in_terms.pulse_months, 0) as pulse_months,
        case
            when terms.as_of_on < {{ add_days('terms.due_on', '-89') }} then null
            when pulses_in_terms.first_pulse_check_on < {{ add_days('terms.due_on', '-89') }} then false
            else true
        end as assessed_late,
        assessed.month as backtest_month,
        terms.arr_due_original,
        terms.arr_after_original,
        terms.currency,
        term_deals.source_system,
        term_deals.source_record_id,
        term_deals.source_url,
        term_deals.recorded_at
    from terms
    inner join deals as term_deals
        on terms.term_deal_id = term_deals.deal_id
    left join deals as deciding_deals
        on terms.renewal_deal_id = deciding_deals.deal_id
    left join pulses_in_terms
        on terms.renewal_id = pulses_in_terms.renewal_id
    left join assessed
        on terms.renewal_id = assessed.renewal_id

)

select * from renewals
