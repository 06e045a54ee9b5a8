with

customers as (

    select * from {{ ref('int_customer_days') }}
    where is_run_day and churned_on is null

),

touches as (

    select * from {{ ref('int_touches_classified') }}

),

sellers as (

    select * from {{ ref('int_first_sellers_as_of') }}

),

names as (

    select * from {{ ref('int_employees_named') }}

),

touches_known as (

    select
        touches.touch_id,
        touches.customer_id,
        touches.occurred_on,
        touches.direction,
        touches.initiative,
        touches.substance,
        touches.rule_theme,
        touches.is_sales,
        touches.is_pulse_check,
        touches.is_holding_reply,
        touches.customer_talk_share,
        touches.employee_id,
        customers.as_of_on,
        customers.term_started_on
    from touches
    inner join customers
        on touches.customer_id = customers.customer_id
        and touches.occurred_on <= customers.as_of_on
        and touches.recorded_on <= customers.as_of_on
        and (touches.removed_on is null or touches.removed_on > customers.as_of_on)

),

bounds_of_silences as (

    select
        customer_id,
        as_of_on,
        occurred_on as silent_from_on,
        lead(occurred_on) over (partition by customer_id order by occurred_on) as silent_until_on
    from (
        select distinct
            customer_id,
            as_of_on,
            occurred_on
        from touches_known
        where occurred_on > {{ add_days('as_of_on', -365) }}
    ) as touch_days

),

longest_silences as (

    select * from bounds_of_silences
    qualify row_number() over (
        partition by customer_id
        order by {{ days_between('silent_from_on', 'coalesce(silent_until_on, as_of_on)') }} desc, silent_from_on desc
    ) = 1

),

-- No more than what the conditions ask for: all touches there ever were pass through here.
facts as (

    select
        touches_known.customer_id,
        touches_known.touch_id as fact_id,
        touches_known.occurred_on as happened_on,
        touches_known.direction,
        touches_known.initiative,
        touches_known.substance,
        touches_known.rule_theme,
        touches_known.is_sales,
        touches_known.is_pulse_check,
        touches_known.is_holding_reply,
        touches_known.customer_talk_share,
        touches_known.term_started_on,
        sellers.employee_id is not null as is_by_seller,
        coalesce(
            touches_known.occurred_on in (longest_silences.silent_from_on, longest_silences.silent_until_on),
            false
        ) as is_around_silence
    from touches_known
    left join sellers
        on touches_known.customer_id = sellers.customer_id
        and touches_known.as_of_on = sellers.as_of_on
        and touches_known.employee_id = sellers.employee_id
    left join longest_silences
        on touches_known.customer_id = longest_silences.customer_id

),

newest as (

    {{ newest_evidence('facts', 'touches') }}

),

told as (

    select
        newest.evidence,
        newest.kind,
        newest.customer_id,
        'touches' as fact_table,
        newest.fact_id,
        newest.happened_on,
        case
            when newest.kind = 'pitch' then 'the pitch' || coalesce(' of ' || touches.theme, '')
            when touches.channel = 'survey' and newest.direction = 'inbound' then 'the survey answer'
            else 'the ' || {{ code_in_words('touches.channel') }}
        end
        || case
            when newest.direction = 'inbound' then ' from them'
            else coalesce(' by ' || names.full_name, ' from us')
        end
        || ' on ' || {{ day_in_words('newest.happened_on') }} as words,
        false as is_overdue,
        touches.source_system,
        touches.source_record_id,
        touches.source_url,
        newest.position
    from newest
    inner join touches
        on newest.fact_id = touches.touch_id
    left join names
        on touches.employee_id = names.employee_id

)

select * from told
