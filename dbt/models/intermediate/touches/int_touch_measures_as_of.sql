with

customer_days as (

    select
        *,
        {{ is_connected('crm') }} as is_crm_connected
    from {{ ref('int_customer_days') }}

),

counts as (

    select * from {{ ref('int_touch_counts_as_of') }}

),

last_touches as (

    select * from {{ ref('int_last_touches_as_of') }}

),

silences as (

    select * from {{ ref('int_silences_between_touches_as_of') }}

),

pulse_months as (

    select * from {{ ref('int_pulse_months_as_of') }}

),

initiatives as (

    select * from {{ ref('int_initiatives_in_term_as_of') }}

),

contacts as (

    select * from {{ ref('int_contacts_touched_as_of') }}

),

departments as (

    select * from {{ ref('int_departments_touching_as_of') }}

),

measured as (

    select
        customer_days.customer_id,
        customer_days.as_of_on,
        case when customer_days.is_crm_connected then coalesce(counts.touches_90d, 0) end as touches_90d,
        case
            when customer_days.is_crm_connected then coalesce(counts.substantive_touches_90d, 0)
        end as substantive_touches_90d,
        counts.courtesy_touches_90d / nullif(cast(counts.touches_90d as double), 0) as courtesy_share_90d,
        {{ days_between('last_touches.touched_on', 'customer_days.as_of_on') }} as days_since_touch,
        {{ days_between('last_touches.touched_with_substance_on', 'customer_days.as_of_on') }}
            as days_since_substantive_touch,
        case
            when customer_days.is_crm_connected then silences.longest_silence_days_365d
        end as longest_silence_days_365d,
        silences.cadence_cv_365d,
        case
            when customer_days.is_crm_connected then coalesce(pulse_months.pulse_months_12m, 0)
        end as pulse_months_12m,
        case
            when customer_days.is_crm_connected
                then
                    coalesce(pulse_months.pulse_months_as_customer_12m, 0)
                    / cast(
                        least(
                            12,
                            {{ dbt.datediff('customer_days.customer_since_on', 'customer_days.as_of_on', 'month') }} + 1
                        ) as double
                    )
        end as pulse_coverage_12m,
        initiatives.reactive_touches_term
        / cast(initiatives.reactive_and_proactive_touches_term as double) as reactive_share_term,
        case
            when customer_days.is_crm_connected then coalesce(contacts.personas_touched_180d, 0)
        end as personas_touched_180d,
        contacts.users_touched_180d
        / nullif(cast(contacts.contacts_of_known_persona_180d as double), 0) as user_touch_share_180d,
        case
            when customer_days.is_crm_connected then coalesce(departments.departments_touching_180d, 0)
        end as departments_touching_180d,
        case
            when customer_days.is_crm_connected then coalesce(contacts.contacts_touched_180d, 0) <= 1
        end as is_single_threaded,
        counts.customer_talk_minutes_180d / nullif(counts.talk_minutes_180d, 0) as customer_talk_share_180d,
        case
            when customer_days.is_crm_connected then coalesce(counts.education_touches_180d, 0)
        end as education_touches_180d,
        {{ days_between('last_touches.reviewed_on', 'customer_days.as_of_on') }} as days_since_account_review,
        {{ days_between('last_touches.touched_by_seller_on', 'customer_days.as_of_on') }} as days_since_seller_touch,
        case
            when customer_days.is_crm_connected then coalesce(counts.holding_replies_180d, 0)
        end as holding_replies_180d
    from customer_days
    left join counts
        on customer_days.customer_id = counts.customer_id
        and customer_days.as_of_on = counts.as_of_on
    left join last_touches
        on customer_days.customer_id = last_touches.customer_id
        and customer_days.as_of_on = last_touches.as_of_on
    left join silences
        on customer_days.customer_id = silences.customer_id
        and customer_days.as_of_on = silences.as_of_on
    left join pulse_months
        on customer_days.customer_id = pulse_months.customer_id
        and customer_days.as_of_on = pulse_months.as_of_on
    left join initiatives
        on customer_days.customer_id = initiatives.customer_id
        and customer_days.as_of_on = initiatives.as_of_on
    left join contacts
        on customer_days.customer_id = contacts.customer_id
        and customer_days.as_of_on = contacts.as_of_on
    left join departments
        on customer_days.customer_id = departments.customer_id
        and customer_days.as_of_on = departments.as_of_on

)

select * from measured
