with

measured as (

    select * from {{ ref('int_customer_months_measured') }}

),

health as (

    select * from {{ ref('int_health_as_of') }}

),

customers as (

    select * from {{ ref('customers') }}

),

described as (

    select
        measured.customer_id,
        measured.month,
        measured.as_of_on,
        measured.is_current,
        measured.lifecycle_stage,
        customers.segment,
        measured.arr,
        measured.contracts_running,
        measured.next_renewal_on,
        measured.days_to_renewal,
        measured.days_to_notice,
        measured.term_number,
        measured.term_started_on,
        measured.last_renewal_outcome,
        measured.touches_90d,
        measured.substantive_touches_90d,
        measured.courtesy_share_90d,
        measured.days_since_touch,
        measured.days_since_substantive_touch,
        measured.longest_silence_days_365d,
        measured.cadence_cv_365d,
        measured.pulse_months_12m,
        measured.pulse_coverage_12m,
        measured.reactive_share_term,
        measured.personas_touched_180d,
        measured.user_touch_share_180d,
        measured.departments_touching_180d,
        measured.is_single_threaded,
        measured.customer_talk_share_180d,
        measured.education_touches_180d,
        measured.days_since_account_review,
        measured.days_since_seller_touch,
        measured.roles_filled,
        measured.roles_orphaned,
        measured.assignment_changes_365d,
        measured.changes_employee_left_365d,
        measured.changes_internal_move_365d,
        measured.changes_reassignment_365d,
        measured.team_continuity_365d,
        measured.ghost_owners,
        measured.team_median_tenure_days,
        measured.inexperienced_assignees,
        measured.assignees_trained_share,
        measured.cold_handoffs_365d,
        measured.presale_faces_kept,
        measured.open_incidents,
        measured.overdue_incidents,
        measured.incidents_180d,
        measured.severe_incidents_180d,
        measured.surprises_180d,
        measured.late_discrepancies_365d,
        measured.late_discrepancy_share_365d,
        measured.reopens_180d,
        measured.repeat_incidents_180d,
        measured.second_incidents_180d,
        measured.had_severe_incident_ever,
        measured.holding_replies_180d,
        measured.promise_kept_rate_180d,
        measured.median_resolution_hours_180d,
        measured.resolution_cv_365d,
        measured.severity_mix_365d,
        measured.warned_incidents_365d,
        measured.is_quiet_after_complaint,
        measured.voice_365d,
        measured.voice_departments_365d,
        measured.warnings_unacted,
        measured.expectations_acted_share_365d,
        measured.opportunities_open,
        measured.surveys_sent_365d,
        measured.last_nps,
        measured.last_csat,
        measured.survey_action_lag_days_365d,
        measured.offerings_pitched_180d,
        measured.pitchers_180d,
        measured.utilization,
        measured.utilization_change_90d,
        measured.goals_active,
        measured.goals_met_share,
        health.confusion_message,
        health.confusion_quality,
        health.confusion_people,
        health.confusion_index,
        health.health_score,
        health.health_floor,
        health.health_coverage,
        health.health_band,
        health.health_score_change_1m,
        health.override_band,
        health.override_reason,
        health.override_expires_on,
        health.top_driver_1,
        health.top_driver_2,
        health.top_driver_3
    from measured
    inner join customers
        on measured.customer_id = customers.customer_id
    left join health
        on measured.customer_id = health.customer_id
        and measured.as_of_on = health.as_of_on

)

select * from described
