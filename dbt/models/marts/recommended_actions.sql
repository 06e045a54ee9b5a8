{%- set fillings = {'value': 'value_words'} -%}
{%- for placeholder in action_placeholders() -%}
{%- do fillings.update({placeholder: placeholder}) -%}
{%- endfor -%}

with

actions as (

    select * from {{ ref('int_drivers_chosen_for_action') }}

),

evidence as (

    select * from {{ ref('int_evidence_gathered_for_actions') }}

),

owners as (

    select * from {{ ref('int_customers_assigned_to_owners') }}

),

drivers as (

    select * from {{ ref('int_health_drivers') }}

),

words as (

    select * from {{ ref('measure_words') }}

),

lifecycle as (

    select * from {{ ref('customer_lifecycle') }}

),

-- The first that holds says how soon.
pressing as (

    select
        actions.*,
        evidence.evidence,
        evidence.is_evidence_absence,
        evidence.last_words,
        {%- for placeholder in action_placeholders() %}
        evidence.{{ placeholder }},
        {%- endfor %}
        lifecycle.customer_name,
        lifecycle.arr,
        lifecycle.arr_due_12m,
        lifecycle.next_renewal_on,
        lifecycle.days_to_renewal,
        lifecycle.days_to_notice,
        lifecycle.expected_loss,
        lifecycle.health_band,
        lifecycle.override_band,
        lifecycle.override_reason,
        case
            when evidence.has_overdue_promise then 'broken_promise'
            when lifecycle.days_to_renewal < 0 then 'overdue_renewal'
            when lifecycle.days_to_notice between 0 and {{ var('notice_presses_days') }} then 'notice'
            when lifecycle.days_to_renewal <= {{ var('renewal_presses_days') }} then 'renewal'
            else 'nothing'
        end as pressed_by
    from actions
    inner join lifecycle
        on actions.customer_id = lifecycle.customer_id
    inner join evidence
        on actions.customer_id = evidence.customer_id
        and actions.driver = evidence.driver

),

-- Neither the notice day nor the renewal may pass before the action is done.
scheduled as (

    select
        *,
        {{ add_days(
            'as_of_on',
            "least(
                case pressed_by
                    when 'broken_promise' then " ~ var('act_within_days').broken_promise ~ "
                    when 'overdue_renewal' then " ~ var('act_within_days').overdue_renewal ~ "
                    when 'notice' then " ~ var('act_within_days').notice ~ "
                    when 'renewal' then " ~ var('act_within_days').renewal ~ "
                    else " ~ var('act_within_days').nothing ~ "
                end,
                case when days_to_notice >= 0 then days_to_notice end,
                case when days_to_renewal >= 0 then days_to_renewal end
            )",
        ) }} as due_on,
        coalesce(expected_loss, round(arr_due_12m * points_lost / 100, 2)) as at_stake
    from pressing

),

worded as (

    select
        scheduled.*,
        drivers.why_text,
        drivers.bring_text,
        {{ measured_number('scheduled.value', 'words') }}
        || coalesce(' ' || {{ measured_things('scheduled.value', 'words') }}, '') as value_words,
        {{ measured_number('scheduled.value', 'words') }} as number_words,
        {{ measured_number('scheduled.value_before', 'words') }} as number_before_words
    from scheduled
    inner join drivers
        on scheduled.driver = drivers.driver
    left join words
        on scheduled.measured_column = words.measured_column

),

moved as (

    select
        *,
        case
            when value_words is null and value_before is null then ''
            when value_words is null and value_before = value
                then ' So already on ' || {{ day_in_words('before_on') }} || '.'
            when value_words is null then ' Not so on ' || {{ day_in_words('before_on') }} || '.'
            when why_text like '%{value}%' and value_before is null then ''
            when why_text like '%{value}%' and number_before_words = number_words
                then ' The same on ' || {{ day_in_words('before_on') }} || '.'
            when why_text like '%{value}%'
                then ' On ' || {{ day_in_words('before_on') }} || ' it was ' || number_before_words || '.'
            when value_before is null then ' Now ' || value_words || '.'
            when number_before_words = number_words
                then ' Now ' || value_words || ', as on ' || {{ day_in_words('before_on') }} || '.'
            else
                ' Now ' || value_words || ', ' || number_before_words || ' on ' || {{ day_in_words('before_on') }}
                || '.'
        end as movement,
        case
            when is_evidence_absence and last_words is null then ' Nothing of the kind is on record.'
            when is_evidence_absence then ' The last was ' || last_words || '.'
            else ''
        end as absence
    from worded

),

recommended as (

    select
        moved.customer_id,
        moved.customer_name,
        moved.driver,
        moved.as_of_on,
        cast(
            row_number() over (
                order by moved.at_stake desc, moved.due_on, moved.points_lost desc, moved.customer_id, moved.driver
            ) as {{ dbt.type_bigint() }}
        ) as rank,
        moved.pillar,
        moved.measured_column,
        moved.health_band,
        moved.override_band,
        moved.override_reason,
        moved.arr,
        moved.arr_due_12m,
        moved.expected_loss,
        cast(moved.at_stake as double) as at_stake,
        moved.next_renewal_on,
        moved.days_to_renewal,
        moved.value,
        moved.value - moved.value_before as value_change_1m,
        moved.points_lost,
        round(moved.points_lost - moved.points_lost_before, 9) as points_lost_change_1m,
        {{ filled('moved.why_text', fillings) }} || moved.movement || moved.absence as why,
        {{ filled('moved.bring_text', fillings) }} as bring,
        owners.owner_id,
        owners.owner_reason,
        moved.pressed_by,
        moved.due_on,
        moved.evidence,
        moved.is_evidence_absence
    from moved
    inner join owners
        on moved.customer_id = owners.customer_id

)

select * from recommended
