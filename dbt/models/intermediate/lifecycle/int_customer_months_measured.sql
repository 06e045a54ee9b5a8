with

days as (

    select * from {{ ref('int_customer_days') }}

),

arr as (

    select * from {{ ref('int_customer_arr_as_of') }}

),

stages as (

    select * from {{ ref('int_lifecycle_stages_as_of') }}

),

touch_measures as (

    select * from {{ ref('int_touch_measures_as_of') }}

),

people_measures as (

    select * from {{ ref('int_people_measures_as_of') }}

),

quality_measures as (

    select * from {{ ref('int_quality_measures_as_of') }}

),

voice_measures as (

    select * from {{ ref('int_voice_measures_as_of') }}

),

message_measures as (

    select * from {{ ref('int_message_measures_as_of') }}

),

outcome_measures as (

    select * from {{ ref('int_outcome_measures_as_of') }}

),

measured as (

    select
        days.customer_id,
        days.month,
        days.as_of_on,
        (days.is_run_day and days.churned_on is null) as is_current,
        stages.lifecycle_stage,
        arr.arr,
        arr.contracts_running,
        arr.next_renewal_on,
        {{ days_between('days.as_of_on', 'arr.next_renewal_on') }} as days_to_renewal,
        {{ days_between('days.as_of_on', 'arr.notice_due_on') }} as days_to_notice,
        arr.term_number,
        arr.term_started_on,
        arr.last_renewal_outcome,
        touch_measures.touches_90d,
        touch_measures.substantive_touches_90d,
        touch_measures.courtesy_share_90d,
        touch_measures.days_since_touch,
        touch_measures.days_since_substantive_touch,
        touch_measures.longest_silence_days_365d,
        touch_measures.cadence_cv_365d,
        touch_measures.pulse_months_12m,
        touch_measures.pulse_coverage_12m,
        touch_measures.reactive_share_term,
        touch_measures.personas_touched_180d,
        touch_measures.user_touch_share_180d,
        touch_measures.departments_touching_180d,
        touch_measures.is_single_threaded,
        touch_measures.customer_talk_share_180d,
        touch_measures.education_touches_180d,
        touch_measures.days_since_account_review,
        touch_measures.days_since_seller_touch,
        people_measures.roles_filled,
        people_measures.roles_orphaned,
        people_measures.assignment_changes_365d,
        people_measures.changes_employee_left_365d,
        people_measures.changes_internal_move_365d,
        people_measures.changes_reassignment_365d,
        people_measures.team_continuity_365d,
        people_measures.ghost_owners,
        people_measures.team_median_tenure_days,
        people_measures.inexperienced_assignees,
        people_measures.assignees_trained_share,
        people_measures.cold_handoffs_365d,
        people_measures.presale_faces_kept,
        quality_measures.open_incidents,
        quality_measures.overdue_incidents,
        quality_measures.incidents_180d,
        quality_measures.severe_incidents_180d,
        quality_measures.surprises_180d,
        quality_measures.late_discrepancies_365d,
        quality_measures.late_discrepancy_share_365d,
        quality_measures.reopens_180d,
        quality_measures.repeat_incidents_180d,
        quality_measures.second_incidents_180d,
        quality_measures.had_severe_incident_ever,
        touch_measures.holding_replies_180d,
        quality_measures.promise_kept_rate_180d,
        quality_measures.median_resolution_hours_180d,
        quality_measures.resolution_cv_365d,
        quality_measures.severity_mix_365d,
        quality_measures.warned_incidents_365d,
        quality_measures.is_quiet_after_complaint,
        voice_measures.voice_365d,
        voice_measures.voice_departments_365d,
        voice_measures.warnings_unacted,
        voice_measures.expectations_acted_share_365d,
        voice_measures.opportunities_open,
        voice_measures.surveys_sent_365d,
        voice_measures.last_nps,
        voice_measures.last_csat,
        voice_measures.survey_action_lag_days_365d,
        message_measures.offerings_pitched_180d,
        message_measures.pitchers_180d,
        outcome_measures.utilization,
        outcome_measures.utilization_change_90d,
        outcome_measures.goals_active,
        outcome_measures.goals_met_share
    from days
    inner join arr
        on days.customer_id = arr.customer_id
        and days.as_of_on = arr.as_of_on
    left join stages
        on days.customer_id = stages.customer_id
        and days.as_of_on = stages.as_of_on
    left join touch_measures
        on days.customer_id = touch_measures.customer_id
        and days.as_of_on = touch_measures.as_of_on
    left join people_measures
        on days.customer_id = people_measures.customer_id
        and days.as_of_on = people_measures.as_of_on
    left join quality_measures
        on days.customer_id = quality_measures.customer_id
        and days.as_of_on = quality_measures.as_of_on
    left join voice_measures
        on days.customer_id = voice_measures.customer_id
        and days.as_of_on = voice_measures.as_of_on
    left join message_measures
        on days.customer_id = message_measures.customer_id
        and days.as_of_on = message_measures.as_of_on
    left join outcome_measures
        on days.customer_id = outcome_measures.customer_id
        and days.as_of_on = outcome_measures.as_of_on

)

select * from measured
