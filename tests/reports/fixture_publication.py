"""A small publication with the mart's own columns: a few customers, their numbers computed from their facts in SQL."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from math import sqrt
from pathlib import Path
from typing import Any

import duckdb

AS_OF = date(2026, 11, 21)

SOURCE = "source_system varchar, source_record_id varchar, source_url varchar, recorded_at timestamp"

SCHEMA = {
    "customers": "customer_id varchar, customer_name varchar, domain varchar, industry varchar, segment varchar, "
    "region varchar, is_customer boolean, customer_since_on date, churned_on date, lifecycle_stage varchar, "
    f"arr double, account_manager_id varchar, csm_id varchar, has_ghost_owner boolean, is_archived boolean, {SOURCE}",
    "contacts": "contact_id varchar, customer_id varchar, full_name varchar, job_title varchar, persona varchar, "
    f"is_active boolean, {SOURCE}",
    "employees": "employee_id varchar, full_name varchar, department varchar, job_title varchar, manager_id varchar, "
    "hired_on date, terminated_on date, is_active boolean",
    "touches": "touch_id varchar, customer_id varchar, occurred_at timestamp, occurred_on date, channel varchar, "
    "direction varchar, initiative varchar, substance varchar, substance_rule varchar, theme varchar, "
    "is_sales boolean, is_pulse_check boolean, is_holding_reply boolean, employee_id varchar, department varchar, "
    f"contact_id varchar, persona varchar, customer_talk_share double, duration_minutes double, {SOURCE}",
    "touch_contacts": f"touch_id varchar, contact_id varchar, {SOURCE}",
    "assignments": "assignment_id varchar, customer_id varchar, role varchar, employee_id varchar, "
    "started_at timestamp, ended_at timestamp, end_cause varchar, handoff varchar, gap_days bigint, "
    f"tenure_at_start_days bigint, is_ghost boolean, ghost_days bigint, {SOURCE}",
    "quality_incidents": "incident_id varchar, customer_id varchar, opened_at timestamp, opened_on date, "
    "resolved_at timestamp, resolved_on date, category varchar, theme varchar, severity varchar, phase varchar, "
    "detected_by varchar, is_surprise boolean, first_response_due_at timestamp, first_responded_at timestamp, "
    "first_response_kept boolean, resolution_due_at timestamp, resolution_kept boolean, reopen_count bigint, "
    "repeat_of varchar, days_since_previous_incident bigint, was_warned boolean, warned_by_voice_id varchar, "
    f"festered_days bigint, went_quiet boolean, {SOURCE}",
    "survey_responses": "survey_response_id varchar, customer_id varchar, contact_id varchar, survey_type varchar, "
    "sent_at timestamp, responded_at timestamp, score double, score_max bigint, sentiment varchar, comment varchar, "
    f"acted_on_at timestamp, action_lag_days bigint, {SOURCE}",
    "voice_of_customer": "voice_id varchar, customer_id varchar, heard_at timestamp, heard_on date, kind varchar, "
    "theme varchar, department varchar, employee_id varchar, channel varchar, acted_on_at timestamp, "
    f"quote varchar, {SOURCE}",
    "trainings": f"training_id varchar, employee_id varchar, training varchar, completed_on date, {SOURCE}",
    "workforce_months": "department varchar, month date, as_of_on date, is_suppressed boolean, headcount bigint, "
    "joiners bigint, leavers bigint, churn_rate double",
    "restatements": "month date, customer_id varchar, column varchar, before varchar, after varchar, refresh timestamp",
    "renewals": "renewal_id varchar, customer_id varchar, contract_id varchar, term_number bigint, "
    "term_started_on date, due_on date, notice_due_on date, arr_due double, outcome varchar, arr_after double, "
    "decided_on date, loss_reason varchar, first_pulse_check_on date, pulse_months bigint, assessed_late boolean, "
    f"arr_due_original double, arr_after_original double, currency varchar, {SOURCE}",
    "identity_links": "source_system varchar, source_object varchar, source_record_id varchar, entity_type varchar, "
    "entity_id varchar, rule varchar, reason varchar",
    "unresolved_references": "source_system varchar, source_object varchar, source_record_id varchar, "
    "reference_object varchar, reference varchar, reason varchar, first_seen_at timestamp, last_seen_at timestamp",
    "removed_facts": "fact_table varchar, id varchar, customer_id varchar, occurred_at timestamp, "
    "recorded_at timestamp, removed_at timestamp",
    "load_status": "source_system varchar, source_table varchar, last_good_load_at timestamp, row_count bigint, "
    "newest_record_at timestamp, age_hours double, freshness varchar, last_verdict varchar, last_reason varchar, "
    "rules_passed bigint, rules_warned bigint, rules_failed bigint",
    "seed_faults": "seed_file varchar, seed_row bigint, reason varchar, verdict varchar",
    "retention_by_month": "month date, segment varchar, arr_start double, arr_churned double, arr_contracted double, "
    "arr_expanded double, arr_new double, arr_end double, arr_kept double, grr double, nrr double, "
    "logo_retention double, renewal_rate_12m double, renewals_overdue bigint",
    "opportunities": "customer_id varchar, opportunities_open bigint, themes varchar, departments varchar",
    "ambassadors": "customer_id varchar, why varchar, reasons bigint, nps_on date, survey_response_id varchar",
    "health_points": "customer_id varchar, month date, as_of_on date, is_current boolean, driver varchar, "
    "pillar varchar, measured_column varchar, needs varchar, value double, penalty double, weight double, "
    "points_lost double, state varchar",
    "recommended_actions": "customer_id varchar, driver varchar, rank bigint, pillar varchar, measured_column varchar, "
    "health_band varchar, override_band varchar, arr double, expected_loss double, at_stake double, "
    "next_renewal_on date, points_lost double, points_lost_change_1m double, why varchar, bring varchar, "
    "owner_id varchar, owner_reason varchar, pressed_by varchar, due_on date, evidence varchar, "
    "is_evidence_absence boolean",
    "action_outcomes": "action_outcome_id varchar, customer_id varchar, driver varchar, outcome varchar, "
    f"reason varchar, recorded_by varchar, recorded_on date, rests_until_on date, is_resting boolean, {SOURCE}",
    "action_results": "driver varchar, outcomes bigint, done bigint, wrong bigint, wrong_share double, churned bigint, "
    "is_validatable boolean, n_done bigint, retained_done bigint, rate_done double, rate_done_low double, "
    "rate_done_high double, n_without bigint, retained_without bigint, rate_without double, rate_without_low double, "
    "rate_without_high double",
    "health_backtest": "predictor varchar, segment varchar, predictor_kind varchar, n bigint, churned bigint, "
    "is_validatable boolean, "
    "auc double, auc_low double, auc_high double, predicts boolean, lift_worst_tenth double, "
    "capture_worst_tenth double, green_then_churned_share double, forecasts bigint, forecast_churned bigint, "
    "forecast_churned_expected double, brier_score double, brier_score_of_rate_of_all double, "
    "calibration_error double, n_held_out bigint, rate_acted double, "
    "rate_held_out double, gained_by_acting double, gained_by_acting_low double, gained_by_acting_high double",
    "retention_drivers": "driver varchar, bucket varchar, measured_column varchar, good_at double, bad_at double, "
    "n bigint, retained bigint, rate double, rate_low double, rate_high double, rate_of_all double, lift double, "
    "differs_from_all boolean",
    "renewal_survival": "term_number bigint, segment varchar, due bigint, lost bigint, running bigint, "
    "entered_late bigint, hazard double, survival double, survival_low double, survival_high double",
    "care_showcase": "segment varchar, as_of_on date, customers bigint, days_to_first_substantive_touch double, "
    "months_in_touch_share double, promises_kept_rate double, surprises_per_100_customer_months double",
}

# The mart's numbers, stated in SQL: a second road to what the reports pick out record by record.
LIFECYCLE = """
create table mart.customer_lifecycle as
with
    days as (select cast(? as date) as as_of_on),
    touched as (
        select
            customer_id,
            count(*) filter (where occurred_on > as_of_on - 90) as touches_90d,
            count(*) filter (where occurred_on > as_of_on - 90 and substance = 'substantive')
                as substantive_touches_90d,
            count(*) filter (where occurred_on > as_of_on - 90 and substance = 'courtesy') as courtesy_touches_90d,
            as_of_on - max(occurred_on) as days_since_touch,
            as_of_on - max(occurred_on) filter (where substance = 'substantive') as days_since_substantive_touch,
            count(distinct date_trunc('month', occurred_on)) filter (
                where is_pulse_check and occurred_on >= date_trunc('month', as_of_on) - interval 11 month
            ) as pulse_months_12m,
            count(*) filter (where occurred_on > as_of_on - 180 and is_holding_reply) as holding_replies_180d
        from mart.touches cross join days group by customer_id, as_of_on
    ),
    met as (
        select
            touches.customer_id,
            count(distinct persona) filter (where persona <> 'unknown') as personas_touched_180d,
            count(distinct contact_id) filter (where persona in ('user', 'technical'))
            / nullif(count(distinct contact_id) filter (where persona <> 'unknown'), 0) as user_touch_share_180d,
            count(distinct contact_id) as contacts_touched
        from (select touch_id, customer_id from mart.touches, days where occurred_on > as_of_on - 180) as touches
        inner join mart.touch_contacts using (touch_id)
        inner join (select contact_id, persona from mart.contacts) as contacts using (contact_id)
        group by touches.customer_id
    ),
    trained as (
        select
            customer_id,
            count(distinct employee_id) filter (
                where employee_id in (select employee_id from mart.trainings where completed_on > as_of_on - 365)
            ) / count(distinct employee_id) as assignees_trained_share
        from mart.assignments cross join days
        where role <> 'seller' and ended_at is null group by customer_id, as_of_on
    ),
    heard as (
        select
            customer_id,
            count(*) filter (where heard_on > as_of_on - 365) as voice_365d,
            count(distinct department) filter (where heard_on > as_of_on - 365) as voice_departments_365d,
            count(*) filter (where kind = 'warning' and acted_on_at is null) as warnings_unacted,
            avg(cast(acted_on_at is not null as int)) filter (
                where kind = 'expectation' and heard_on > as_of_on - 365
            ) as expectations_acted_share_365d,
            count(*) filter (where kind = 'opportunity' and acted_on_at is null) as opportunities_open
        from mart.voice_of_customer cross join days group by customer_id, as_of_on
    ),
    asked as (
        select
            customer_id,
            count(*) filter (where cast(coalesce(sent_at, responded_at) as date) > as_of_on - 365)
                as surveys_sent_365d,
            max_by(score, responded_at) filter (where survey_type = 'nps' and score is not null) as last_nps,
            max_by(score / score_max, responded_at) filter (where survey_type = 'csat' and score is not null)
                as last_csat,
            avg(coalesce(action_lag_days, as_of_on - cast(responded_at as date))) filter (
                where cast(responded_at as date) > as_of_on - 365
            ) as survey_action_lag_days_365d
        from mart.survey_responses cross join days group by customer_id, as_of_on
    ),
    pitched as (
        select
            customer_id,
            count(distinct theme) as offerings_pitched_180d,
            count(distinct employee_id) as pitchers_180d
        from mart.touches cross join days
        where is_sales and occurred_on between as_of_on - 179 and as_of_on
        group by customer_id
    ),
    promised as (
        select customer_id, avg(cast(is_kept as int)) as promise_kept_rate_180d
        from (
            select customer_id, first_response_due_at as due_at, first_response_kept as is_kept
            from mart.quality_incidents
            union all
            select customer_id, resolution_due_at, resolution_kept from mart.quality_incidents
        ) cross join days
        where cast(due_at as date) between as_of_on - 179 and as_of_on
        group by customer_id
    ),
    peopled as (
        select
            customer_id,
            count(distinct role) filter (where ended_at is null) as roles_filled,
            count(distinct role) - count(distinct role) filter (where ended_at is null) as roles_orphaned,
            count(*) filter (where end_cause is not null and cast(ended_at as date) > as_of_on - 365)
                as assignment_changes_365d,
            count(*) filter (where is_ghost) as ghost_owners,
            count(*) filter (where handoff = 'cold' and cast(ended_at as date) > as_of_on - 365) as cold_handoffs_365d
        from mart.assignments cross join days where role <> 'seller' group by customer_id, as_of_on
    ),
    experienced as (
        select
            customer_id,
            count(*) filter (where as_of_on - hired_on < 180) as inexperienced_assignees,
            median(as_of_on - hired_on) as team_median_tenure_days
        from (
            select distinct customer_id, employee_id from mart.assignments
            where role <> 'seller' and ended_at is null and not is_ghost
        ) cross join days inner join mart.employees using (employee_id)
        group by customer_id
    ),
    served as (
        select
            customer_id,
            count(*) filter (where category = 'discrepancy' and phase <> 'before_start' and opened_on > as_of_on - 365)
                as late_discrepancies_365d,
            count(*) filter (where resolved_at is null) as open_incidents,
            count(*) filter (where resolved_at is null and resolution_kept = false) as overdue_incidents,
            sum(reopen_count) filter (where resolved_on is null or resolved_on > as_of_on - 180) as reopens_180d,
            count(*) filter (where was_warned and opened_on > as_of_on - 365) as warned_incidents_365d,
            bool_or(went_quiet) as is_quiet_after_complaint,
            count(*) filter (where opened_on > as_of_on - 180) as incidents_180d,
            count(*) filter (where opened_on > as_of_on - 180 and severity in ('high', 'critical'))
                as severe_incidents_180d,
            count(*) filter (where opened_on > as_of_on - 180 and is_surprise) as surprises_180d,
            count(*) filter (where opened_on > as_of_on - 180 and repeat_of is not null) as repeat_incidents_180d,
            count(*) filter (where opened_on > as_of_on - 180 and days_since_previous_incident <= 90)
                as second_incidents_180d
        from mart.quality_incidents cross join days group by customer_id, as_of_on
    ),
    scored as (
        select
            customer_id,
            cast(100 - sum(cast(points_lost as decimal(38, 9))) as double) as health_score,
            sum(weight) filter (where state = 'known') / sum(weight) filter (where state <> 'not_applicable')
                as health_coverage
        from mart.health_points where is_current group by customer_id
    ),
    next_terms as (
        select * from mart.renewals where outcome = 'open'
        qualify row_number() over (partition by customer_id order by due_on, renewal_id) = 1
    )
select
    customers.customer_name,
    customers.customer_id,
    date_trunc('month', as_of_on)::date as month,
    as_of_on,
    true as is_current,
    customers.lifecycle_stage,
    customers.segment,
    customers.arr,
    (select count(*) from mart.renewals as r where r.customer_id = customers.customer_id and r.outcome = 'open')
        as contracts_running,
    next_terms.due_on as next_renewal_on,
    next_terms.due_on - as_of_on as days_to_renewal,
    next_terms.notice_due_on - as_of_on as days_to_notice,
    next_terms.term_number,
    next_terms.term_started_on,
    (select max_by(outcome, decided_on) from mart.renewals as r where r.customer_id = customers.customer_id)
        as last_renewal_outcome,
    coalesce(touched.touches_90d, 0) as touches_90d,
    coalesce(touched.substantive_touches_90d, 0) as substantive_touches_90d,
    touched.courtesy_touches_90d / nullif(touched.touches_90d, 0) as courtesy_share_90d,
    touched.days_since_touch,
    touched.days_since_substantive_touch,
    cast(null as bigint) as longest_silence_days_365d,
    coalesce(touched.pulse_months_12m, 0) as pulse_months_12m,
    cast(null as double) as reactive_share_term,
    coalesce(met.personas_touched_180d, 0) as personas_touched_180d,
    met.user_touch_share_180d,
    coalesce(met.contacts_touched, 0) <= 1 as is_single_threaded,
    coalesce(peopled.roles_filled, 0) as roles_filled,
    coalesce(peopled.roles_orphaned, 0) as roles_orphaned,
    coalesce(peopled.assignment_changes_365d, 0) as assignment_changes_365d,
    coalesce(peopled.ghost_owners, 0) as ghost_owners,
    experienced.team_median_tenure_days,
    coalesce(experienced.inexperienced_assignees, 0) as inexperienced_assignees,
    trained.assignees_trained_share,
    coalesce(peopled.cold_handoffs_365d, 0) as cold_handoffs_365d,
    coalesce(served.open_incidents, 0) as open_incidents,
    coalesce(served.overdue_incidents, 0) as overdue_incidents,
    coalesce(served.incidents_180d, 0) as incidents_180d,
    coalesce(served.severe_incidents_180d, 0) as severe_incidents_180d,
    coalesce(served.surprises_180d, 0) as surprises_180d,
    coalesce(served.late_discrepancies_365d, 0) as late_discrepancies_365d,
    coalesce(served.reopens_180d, 0) as reopens_180d,
    coalesce(served.repeat_incidents_180d, 0) as repeat_incidents_180d,
    coalesce(served.second_incidents_180d, 0) as second_incidents_180d,
    coalesce(touched.holding_replies_180d, 0) as holding_replies_180d,
    promised.promise_kept_rate_180d,
    coalesce(served.warned_incidents_365d, 0) as warned_incidents_365d,
    coalesce(served.is_quiet_after_complaint, false) as is_quiet_after_complaint,
    coalesce(heard.voice_365d, 0) as voice_365d,
    coalesce(heard.voice_departments_365d, 0) as voice_departments_365d,
    coalesce(heard.warnings_unacted, 0) as warnings_unacted,
    heard.expectations_acted_share_365d,
    coalesce(heard.opportunities_open, 0) as opportunities_open,
    coalesce(asked.surveys_sent_365d, 0) as surveys_sent_365d,
    asked.last_nps,
    asked.last_csat,
    asked.survey_action_lag_days_365d,
    coalesce(pitched.offerings_pitched_180d, 0) as offerings_pitched_180d,
    coalesce(pitched.pitchers_180d, 0) as pitchers_180d,
    cast(null as double) as confusion_index,
    scored.health_score,
    scored.health_score - 2 as health_floor,
    scored.health_coverage,
    case
        when scored.health_score >= 72 then 'healthy'
        when scored.health_score < 42 then 'at_risk'
        when scored.health_score is not null then 'watch'
        else 'unknown'
    end as health_band,
    case when scored.health_score < 80 then cast(-1.5 as double) end as health_score_change_1m,
    case when customers.customer_id = 'hubspot:1002' then 'healthy' end as override_band,
    case when customers.customer_id = 'hubspot:1002' then 'The <new> plant opens in May.' end as override_reason,
    case when customers.customer_id = 'hubspot:1002' then as_of_on + 60 end as override_expires_on,
    cast(null as double) as renewal_risk,
    cast(null as double) as expected_loss
from mart.customers cross join days
left join scored using (customer_id)
left join touched using (customer_id)
left join met using (customer_id)
left join trained using (customer_id)
left join heard using (customer_id)
left join asked using (customer_id)
left join pitched using (customer_id)
left join promised using (customer_id)
left join peopled using (customer_id)
left join experienced using (customer_id)
left join served using (customer_id)
left join next_terms using (customer_id)
where customers.is_customer and customers.churned_on is null
"""

NASTY_NAMES = {
    "quotes": 'O\'Brien & "Söhne" <i>GmbH</i>',
    "script": '<script>window.stolen = 1</script><img src="http://203.0.113.1/x.png" onerror="window.stolen = 2">',
    "rtl": "شركة \u202eالاختبار\u202c ברקוד",
    "emoji": "🏭 Zahnräder 👩\u200d🔧 株式会社",
    "long": "Aktiengesellschaft " * 527,
    "formula": "=cmd|' /C calc'!A0",
    "path": "../../etc/passwd\\..\\x",
    "template": "{{ 7 * 7 }}{% raw %} ${7*7} $\\frac{1}{2}$ #101010",
}


class FixturePublication:
    """Collects facts, then writes them as a publication."""

    def __init__(self) -> None:
        self.rows: dict[str, list[dict[str, Any]]] = {table: [] for table in SCHEMA}
        self.comments = {
            "touches_90d": "Touches in the last 90 days.",
            "ghost_owners": "Employees who hold a role in the CRM although HR says they left; <b>null</b> if unknown.",
        }
        # Columns of customer_lifecycle to leave unknown, as where no ticketing system is connected.
        self.unknown: dict[str, tuple[str, ...]] = {}

    def add(self, table: str, **values: Any) -> None:
        self.rows[table].append(values)

    def employee(
        self, employee_id: str, name: str, department: str, hired_ago: int, left_ago: int | None = None
    ) -> str:
        self.add(
            "employees",
            employee_id=employee_id,
            full_name=name,
            department=department,
            job_title="Manager",
            hired_on=AS_OF - timedelta(days=hired_ago),
            terminated_on=None if left_ago is None else AS_OF - timedelta(days=left_ago),
            is_active=left_ago is None,
        )
        return employee_id

    def customer(self, customer_id: str, name: str | None, arr: float = 100_000.0, **values: Any) -> str:
        native = customer_id.split(":")[-1]
        self.add(
            "customers",
            **{
                "customer_id": customer_id,
                "customer_name": name,
                "domain": f"{native}.example",
                "segment": "enterprise",
                "is_customer": True,
                "customer_since_on": AS_OF - timedelta(days=800),
                "lifecycle_stage": "use",
                "arr": arr,
                "account_manager_id": "bamboohr:1",
                "csm_id": "bamboohr:2",
                "has_ghost_owner": False,
                "is_archived": False,
                **_source("hubspot", native),
                **values,
            },
        )
        self.add(
            "identity_links",
            source_system="hubspot",
            source_object="companies",
            source_record_id=native,
            entity_type="customer",
            entity_id=customer_id,
            rule="native",
            reason="the company's own id",
        )
        return customer_id

    def term(self, customer_id: str, due_in: int, arr: float | None = 100_000.0, **values: Any) -> None:
        due = AS_OF + timedelta(days=due_in)
        number = values.get("term_number", 2)
        self.add(
            "renewals",
            **{
                "renewal_id": f"{customer_id}-c1:{number}",
                "customer_id": customer_id,
                "contract_id": f"{customer_id}-c1",
                "term_number": number,
                "term_started_on": due - timedelta(days=364),
                "due_on": due,
                "notice_due_on": due - timedelta(days=60),
                "arr_due": arr,
                "outcome": "open",
                "pulse_months": 3,
                "assessed_late": False if due_in < 90 else None,
                "first_pulse_check_on": due - timedelta(days=300),
                "currency": "USD",
                **_source("hubspot", f"deal-{number}"),
                **values,
            },
        )

    def touch(
        self, customer_id: str, days_ago: int, substance: str = "substantive", with_: Sequence[str] = (), **values: Any
    ) -> None:
        number = len(self.rows["touches"]) + 1
        for contact_id in with_:
            self.add(
                "touch_contacts",
                touch_id=f"hubspot:call:{number}",
                contact_id=contact_id,
                **_source("hubspot", str(number)),
            )
        day = AS_OF - timedelta(days=days_ago)
        self.add(
            "touches",
            **{
                "touch_id": f"hubspot:call:{number}",
                "customer_id": customer_id,
                "occurred_at": _at(day, 9),
                "occurred_on": day,
                "channel": "call",
                "direction": "outbound",
                "initiative": "proactive",
                "substance": substance,
                "substance_rule": f"{substance} phrase",
                "theme": "review" if substance == "substantive" else None,
                "is_sales": substance == "sales",
                "is_pulse_check": substance == "substantive",
                "is_holding_reply": False,
                "contact_id": min(with_, default=None),
                "employee_id": "bamboohr:2",
                "department": "Customer Success",
                "duration_minutes": 30.0,
                **_source("hubspot", str(number)),
                **values,
            },
        )

    def spell(
        self, customer_id: str, role: str, employee_id: str, from_ago: int, to_ago: int | None, **values: Any
    ) -> None:
        number = len(self.rows["assignments"]) + 1
        start, end = AS_OF - timedelta(days=from_ago), AS_OF - timedelta(days=to_ago or 0)
        self.add(
            "assignments",
            **{
                "assignment_id": f"{customer_id}:{role}:{number}",
                "customer_id": customer_id,
                "role": role,
                "employee_id": employee_id,
                "started_at": _at(start, 8),
                "ended_at": None if to_ago is None else _at(end, 8),
                "is_ghost": False,
                "ghost_days": 0,
                "tenure_at_start_days": 400,
                **_source("hubspot", customer_id.split(":")[-1]),
                **values,
            },
        )

    def incident(
        self, customer_id: str, opened_ago: int, resolved_ago: int | None, severity: str, **values: Any
    ) -> None:
        number = len(self.rows["quality_incidents"]) + 1
        opened, resolved = AS_OF - timedelta(days=opened_ago), AS_OF - timedelta(days=resolved_ago or 0)
        self.add(
            "quality_incidents",
            **{
                "incident_id": f"zendesk:{number}",
                "customer_id": customer_id,
                "opened_at": _at(opened, 11),
                "opened_on": opened,
                "resolved_at": None if resolved_ago is None else _at(resolved, 15),
                "resolved_on": None if resolved_ago is None else resolved,
                "category": "defect",
                "severity": severity,
                "phase": "in_service",
                "detected_by": "customer",
                "is_surprise": severity in ("high", "critical"),
                "reopen_count": 0,
                "was_warned": False,
                **_source("zendesk", str(number)),
                **values,
            },
        )

    def contact(self, customer_id: str, name: str | None, persona: str = "user", **values: Any) -> str:
        contact_id = f"hubspot:{len(self.rows['contacts']) + 501}"
        self.add(
            "contacts",
            **{
                "contact_id": contact_id,
                "customer_id": customer_id,
                "full_name": name,
                "job_title": "Line manager",
                "persona": persona,
                "is_active": True,
                **_source("hubspot", contact_id.split(":")[-1]),
                **values,
            },
        )
        return contact_id

    def survey(
        self, customer_id: str, sent_ago: int, answered_ago: int | None, score: float | None, **values: Any
    ) -> None:
        number = len(self.rows["survey_responses"]) + 1
        self.add(
            "survey_responses",
            **{
                "survey_response_id": f"hubspot:survey:{number}",
                "customer_id": customer_id,
                "survey_type": "nps",
                "sent_at": _at(AS_OF - timedelta(days=sent_ago), 7),
                "responded_at": None if answered_ago is None else _at(AS_OF - timedelta(days=answered_ago), 10),
                "score": score,
                "score_max": 10,
                "sentiment": None if score is None else "positive" if score >= 9 else "negative",
                **_source("hubspot", f"survey-{number}"),
                **values,
            },
        )

    def heard(self, customer_id: str, kind: str, days_ago: int, quote: str, **values: Any) -> str:
        number = len(self.rows["voice_of_customer"]) + 1
        day = AS_OF - timedelta(days=days_ago)
        voice_id = f"hubspot:note:{number}:{kind}"
        self.add(
            "voice_of_customer",
            **{
                "voice_id": voice_id,
                "customer_id": customer_id,
                "heard_at": _at(day, 14),
                "heard_on": day,
                "kind": kind,
                "theme": "sealing",
                "department": "Support",
                "employee_id": "bamboohr:3",
                "channel": "note",
                "quote": quote,
                **_source("hubspot", f"note-{number}"),
                **values,
            },
        )
        return voice_id

    def driver(self, customer_id: str, driver: str, points_lost: float, **values: Any) -> None:
        self.add(
            "health_points",
            **{
                "customer_id": customer_id,
                "month": AS_OF.replace(day=1),
                "as_of_on": AS_OF,
                "is_current": True,
                "driver": driver,
                "pillar": "people",
                "measured_column": "ghost_owners",
                "needs": "crm+hr",
                "value": 1.0,
                "penalty": 1.0 if points_lost else 0.0,
                "weight": 2.0,
                "points_lost": points_lost,
                "state": "known",
                **values,
            },
        )

    def action(
        self, customer_id: str, driver: str, at_stake: float, pointers: Sequence[dict[str, Any]] = (), **values: Any
    ) -> None:
        unlinked = {"source_system": None, "source_record_id": None, "source_url": None, "fact_table": None}
        self.add(
            "recommended_actions",
            **{
                "customer_id": customer_id,
                "driver": driver,
                "rank": len(self.rows["recommended_actions"]) + 1,
                "pillar": "people",
                "measured_column": "ghost_owners",
                "health_band": "watch",
                "at_stake": at_stake,
                "points_lost": 12.25,
                "why": "Owners in the CRM who have left our company: 1.",
                "bring": "A successor named today.",
                "owner_id": "bamboohr:2",
                "owner_reason": "CSM",
                "pressed_by": "nothing",
                "due_on": AS_OF + timedelta(days=14),
                "evidence": json.dumps([{**unlinked, **pointer} for pointer in pointers]),
                "is_evidence_absence": False,
                **values,
            },
        )

    def outcome(
        self, customer_id: str | None, driver: str, outcome: str, days_ago: int, reason: str, by: str = "bamboohr:2"
    ) -> None:
        number = len(self.rows["action_outcomes"]) + 2
        on = AS_OF - timedelta(days=days_ago)
        until = on + timedelta(days=30 if outcome == "done" else 180)
        self.add(
            "action_outcomes",
            action_outcome_id=f'seeds:["{customer_id}", "{driver}", "{on}"]',
            customer_id=customer_id,
            driver=driver,
            outcome=outcome,
            reason=reason,
            recorded_by=by,
            recorded_on=on,
            rests_until_on=until,
            is_resting=until >= AS_OF,
            source_system="seeds",
            source_record_id=f"actions/recorded_outcomes.csv:{number}",
            recorded_at=_at(on, 0),
        )

    def rate(self, driver: str, bucket: str, n: int, retained: int, of_all: float = 0.9, **values: Any) -> None:
        """The renewals of one range of a driver, with their rate and its 95 % interval after Wilson."""
        share, z = retained / n, 1.96
        middle = (share + z * z / (2 * n)) / (1 + z * z / n)
        reach = z / (1 + z * z / n) * sqrt(share * (1 - share) / n + z * z / (4 * n * n))
        self.add(
            "retention_drivers",
            **{
                "driver": driver,
                "bucket": bucket,
                "n": n,
                "retained": retained,
                "rate": share,
                "rate_low": middle - reach,
                "rate_high": middle + reach,
                "rate_of_all": of_all,
                "lift": share / of_all,
                "differs_from_all": not middle - reach <= of_all <= middle + reach,
                "good_at": None if driver == "health_score" else 0.0,
                "bad_at": None if driver == "health_score" else 3.0,
                **values,
            },
        )

    def results(self) -> None:
        """The row of all outcomes, and nothing told of renewals."""
        told = [row["outcome"] for row in self.rows["action_outcomes"]]
        counts = {outcome: told.count(outcome) for outcome in ("done", "wrong")}
        share = counts["wrong"] / len(told) if told else None
        none = dict.fromkeys(("churned", "n_done", "retained_done", "n_without", "retained_without"), 0)
        self.add("action_results", driver="all", outcomes=len(told), **counts, wrong_share=share, is_validatable=False,
                 **none)  # fmt: skip

    def write(self, path: Path) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not self.rows["action_results"]:
            self.results()
        with duckdb.connect(str(path)) as connection:
            connection.execute("create schema mart")
            for table, columns in SCHEMA.items():
                described = [column.split() for column in columns.split(", ")]
                quoted = ", ".join(f'"{name}" {type_}' for name, type_ in described)
                connection.execute(f"create table mart.{table} ({quoted})")
                names = [name for name, _ in described]
                # One statement for all: hundreds of small ones take longer than rendering what they insert.
                marks = f"({', '.join('?' * len(names))})"
                if rows := self.rows[table]:
                    connection.execute(
                        f"insert into mart.{table} values {', '.join([marks] * len(rows))}",
                        [row.get(name) for row in rows for name in names],
                    )
            connection.execute(LIFECYCLE, [AS_OF])
            connection.execute(
                "create table mart.customer_months as select customer_id, month, as_of_on, is_current "
                "from mart.customer_lifecycle"
            )
            for customer_id, columns in self.unknown.items():
                for column in columns:
                    connection.execute(
                        f"update mart.customer_lifecycle set {column} = null where customer_id = ?", [customer_id]
                    )
            for column, comment in self.comments.items():
                quoted = comment.replace("'", "''")
                connection.execute(f"comment on column mart.customer_lifecycle.{column} is '{quoted}'")
        return path


def small_company() -> FixturePublication:
    """The ten named stories, quality troubles, an overdue renewal, a churned customer, names nobody should trust."""
    made = FixturePublication()
    for number, (name, department) in enumerate(
        (
            ("Ada Berg", "Sales"),
            ("Cem Dogan", "Customer Success"),
            ("<b>Eve</b> Fox & Co $x$", "Support"),
            ("Gus Hahn", "Customer Success"),
            ("Ida Joy", "Customer Success"),
        ),
        start=1,
    ):
        made.employee(f"bamboohr:{number}", name, department, 1500)
    made.employee("bamboohr:9", "Kim Left", "Support", 900, 112)

    chairs = made.customer("hubspot:1001", "Halden Robotics", 240_000.0)
    made.term(chairs, 200, 240_000.0)
    for start, end, who, cause in ((700, 326, "bamboohr:2", "employee_left"), (326, 203, "bamboohr:4", "internal_move"),
                                   (203, 66, "bamboohr:5", "reassignment")):  # fmt: skip
        made.spell(chairs, "csm", who, start, end, end_cause=cause, handoff="cold", gap_days=0)
    made.spell(chairs, "csm", "bamboohr:2", 66, None)

    ghost = made.customer("hubspot:1002", "Brightwater Bottling", 180_000.0, has_ghost_owner=True)
    made.term(ghost, 150, 180_000.0)
    made.spell(ghost, "support_lead", "bamboohr:9", 600, None, is_ghost=True, ghost_days=112)
    made.spell(ghost, "csm", "bamboohr:2", 600, None)

    courtesy = made.customer("hubspot:1003", "Castell Packaging", 90_000.0)
    made.term(courtesy, 240, 90_000.0)
    for days_ago in range(5, 360, 15):
        made.touch(courtesy, days_ago, "courtesy")
    made.touch(courtesy, 420)

    courted = made.customer("hubspot:1004", "Vanterra Foods", 310_000.0)
    made.term(
        courted, 45, 310_000.0, assessed_late=True, pulse_months=2, first_pulse_check_on=AS_OF - timedelta(days=30)
    )
    for days_ago in (3, 12, 30):
        made.touch(courted, days_ago)

    broken = made.customer("hubspot:1005", "Umbra Pumps", 150_000.0)
    made.term(broken, -20, 150_000.0, assessed_late=False)
    made.incident(broken, 60, 50, "high")
    made.incident(broken, 40, None, "critical", repeat_of="zendesk:1", days_since_previous_incident=20)
    made.incident(broken, 12, None, "high", repeat_of="zendesk:2", days_since_previous_incident=28)
    made.incident(broken, 300, 290, "low")

    silent = made.customer("hubspot:1006", "Quiet Harbour", 60_000.0)
    made.term(silent, 330, 60_000.0)
    made.touch(silent, 130)

    good = made.customer("hubspot:1007", "Steady & Sons", 75_000.0)
    made.term(good, 80, None)
    made.term(good, -285, 70_000.0, term_number=1, outcome="expanded", arr_after=75_000.0,
              decided_on=AS_OF - timedelta(days=290))  # fmt: skip
    for days_ago in range(10, 700, 20):
        made.touch(good, days_ago)

    new = made.employee("bamboohr:6", "Max Nunn", "Field Service", 100)
    gone = made.employee("bamboohr:10", "Lou <i>Old</i>", "Customer Success", 700, 40)
    made.spell(good, "csm", gone, 600, 38, end_cause="employee_left", handoff="cold", gap_days=0)
    made.spell(good, "csm", "bamboohr:5", 38, None)
    made.spell(good, "field_engineer", new, 80, None, tenure_at_start_days=20)
    made.spell(good, "support_lead", "bamboohr:3", 500, 30, end_cause="reassignment")

    made.customer("hubspot:1008", "Gone Ltd", 0.0, churned_on=AS_OF - timedelta(days=100), lifecycle_stage="churned")
    made.term("hubspot:1008", -100, 40_000.0, outcome="churned", arr_after=0.0, decided_on=AS_OF - timedelta(days=100),
              loss_reason="<u>price</u>")  # fmt: skip
    made.customer("hubspot:1009", "Prospect Only", 0.0, is_customer=False, customer_since_on=None)

    _later_stories(made)
    _heard_and_promised(made)
    _health_and_actions(made)
    _held_against_renewals(made)
    _after_the_sale(made)

    for number, (kind, name) in enumerate(NASTY_NAMES.items(), start=2001):
        nasty = made.customer(f"hubspot:{number}", name, 1_000.0, segment="small <business>", domain=f"{kind}.example")
        made.term(nasty, 300, 1_000.0)
        made.touch(nasty, 20, substance_rule="<i>rule</i>", source_url="javascript:alert(1)")
        made.spell(nasty, "support_lead", "bamboohr:3", 500, None)
        made.spell(nasty, "csm", "bamboohr:2", 500, None)
        made.touch(nasty, 15, with_=[made.contact(nasty, name, job_title=name)])
        made.survey(nasty, 30, 25, 5, comment=name)
        made.heard(nasty, "preference", 40, name, theme=name)
    made.customer("weird/../ID:\u00e4 'x'", None, 500.0)
    made.unknown = {"hubspot:2001": ("open_incidents", "incidents_180d", "severe_incidents_180d")}

    made.add("trainings", training_id="bamboohr:2:1", employee_id="bamboohr:2", training="Sealing <2>",
             completed_on=AS_OF - timedelta(days=50), **_source("bamboohr", "1"))  # fmt: skip
    for department, is_suppressed in (("Customer Success", False), ("Support", True)):
        made.add("workforce_months", department=department, month=AS_OF.replace(day=1), as_of_on=AS_OF,
                 is_suppressed=is_suppressed, headcount=None if is_suppressed else 12,
                 joiners=None if is_suppressed else 1, leavers=None if is_suppressed else 2,
                 churn_rate=None if is_suppressed else 0.25)  # fmt: skip
    made.add("restatements", month=date(2026, 10, 1), customer_id=good, column="touches_90d", before="4",
             after="5", refresh=_at(AS_OF, 6))  # fmt: skip

    for table, freshness, verdict, failed in (
        ("companies", "fresh", "admitted", 0),
        ("deals", "stale", "admitted", 0),
        ("calls", "fresh", "refused", 2),
    ):
        made.add(
            "load_status",
            source_system="hubspot",
            source_table=table,
            last_good_load_at=_at(date(2026, 11, 20), 23) if freshness == "fresh" else _at(date(2026, 11, 19), 10),
            row_count=1234,
            newest_record_at=_at(date(2026, 11, 20), 18),
            age_hours=30.0 if freshness == "fresh" else 61.5,
            freshness=freshness,
            last_verdict=verdict,
            last_reason="2 rules failed: <id__not_null>" if verdict == "refused" else None,
            rules_passed=9,
            rules_warned=1,
            rules_failed=failed,
        )
    made.add("seed_faults", seed_file="seeds/health/health_drivers.csv", seed_row=7,
             reason="`weight` is `<b>heavy</b>`, which is no number", verdict="left_out")  # fmt: skip
    for number in range(3):
        made.add(
            "unresolved_references",
            source_system="zendesk",
            source_object="tickets",
            source_record_id=str(number),
            reference_object="organizations",
            reference="77",
            reason="organization unknown to the CRM",
        )
    made.add("removed_facts", fact_table="touches", id="hubspot:call:9999", customer_id=good,
             occurred_at=_at(date(2026, 3, 1), 9), recorded_at=_at(date(2026, 3, 1), 9),
             removed_at=_at(date(2026, 4, 1), 0))  # fmt: skip
    for months_ago in range(14, -1, -1):
        index = AS_OF.year * 12 + AS_OF.month - 1 - months_ago
        for segment, size in (("all", 1.0), ("enterprise", 0.8)):
            start = 900_000.0 * size
            churned, contracted, expanded, new = 40_000.0 + 1_000 * months_ago, 10_000.0, 60_000.0, 90_000.0
            made.add(
                "retention_by_month",
                month=date(index // 12, index % 12 + 1, 1),
                segment=segment,
                arr_start=start,
                arr_churned=churned,
                arr_contracted=contracted,
                arr_expanded=expanded,
                arr_new=new,
                arr_end=start - churned - contracted + expanded + new,
                arr_kept=start - churned - contracted,
                grr=(start - churned - contracted) / start,
                nrr=(start - churned - contracted + expanded) / start,
                logo_retention=0.9 - 0.005 * months_ago,
                renewal_rate_12m=None if months_ago == 14 else 0.85,
                renewals_overdue=1,
            )
    return made


def _later_stories(made: FixturePublication) -> None:
    """Found by a survey, "I told you so", gone quiet, two records of one company, flavour of the month, ambassador."""
    found = made.customer("hubspot:1010", "Lindqvist Valves", 130_000.0)
    made.term(found, 210, 130_000.0)
    made.touch(found, 20)
    made.survey(found, 44, 41, 2, comment="The valves leak, nobody asked.", acted_on_at=_at(AS_OF - timedelta(38), 11),
                action_lag_days=3)  # fmt: skip
    made.survey(found, 300, None, None, survey_type="csat", score_max=5)
    made.incident(found, 38, 10, "high", detected_by="survey")

    told = made.customer("hubspot:1011", "Orchard Foods", 160_000.0)
    made.term(told, 170, 160_000.0)
    user = made.contact(told, "Nia Obi", "user")
    chief = made.contact(told, "Per Quist", "executive")
    made.touch(told, 25, with_=[user, chief])
    made.heard(told, "warning", 140, "The seal will not last the summer.")
    warning = made.heard(told, "warning", 90, "It drips again. Somebody <should> look.")
    made.heard(told, "expectation", 60, "A spare seal on the shelf.", acted_on_at=_at(AS_OF - timedelta(55), 9))
    made.heard(told, "opportunity", 20, "They plan a second line.", theme=None)
    made.incident(told, 35, 20, "normal", theme="sealing", was_warned=True, warned_by_voice_id=warning,
                  festered_days=105, reopen_count=2,
                  first_response_due_at=_at(AS_OF - timedelta(35), 15),
                  first_responded_at=_at(AS_OF - timedelta(35), 13), first_response_kept=True,
                  resolution_due_at=_at(AS_OF - timedelta(30), 15), resolution_kept=False)  # fmt: skip
    made.touch(told, 33, channel="ticket_reply", is_holding_reply=True, is_pulse_check=False)

    quiet = made.customer("hubspot:1012", "Sable Logistics", 95_000.0)
    made.term(quiet, 260, 95_000.0)
    made.touch(quiet, 120, direction="inbound", initiative="customer", employee_id=None, department=None)
    made.touch(quiet, 30)
    made.incident(quiet, 118, 110, "normal", went_quiet=True)

    late = made.customer("hubspot:1013", "Tarn Elevators", 70_000.0)
    made.term(late, 220, 70_000.0)
    made.touch(late, 10)
    made.incident(late, 15, None, "normal", resolution_due_at=_at(AS_OF - timedelta(5), 9), resolution_kept=False)

    twin = made.customer("hubspot:1014", "Ulmer Pressen", 85_000.0, domain="ulmer.example")
    made.term(twin, 270, 85_000.0)
    made.touch(twin, 18)
    made.customer("hubspot:1015", "Ulmer Pressen GmbH", 0.0, is_customer=False, customer_since_on=None,
                  lifecycle_stage="awareness", domain="ULMER.example")  # fmt: skip

    made.customer("hubspot:1018", "ULMER-Pressen A/S", 0.0, is_customer=False, customer_since_on=None,
                  lifecycle_stage=None, domain="ulmer-as.example")  # fmt: skip
    made.customer("hubspot:1019", "Ulmer Druck", 0.0, is_customer=False, customer_since_on=None,
                  domain="druck.example")  # fmt: skip

    flavours = made.customer("hubspot:1016", "Wexford Dairies", 110_000.0)
    made.term(flavours, 230, 110_000.0)
    made.touch(flavours, 40)
    for number, offering in enumerate(("remote monitoring", "leasing", "spare parts plan", "retrofit", "leasing")):
        made.touch(flavours, 12 + 25 * number, "sales", theme=offering, employee_id=f"bamboohr:{number % 3 + 1}")

    happy = made.customer("hubspot:1017", "Yarrow Instruments", 125_000.0, lifecycle_stage="advocacy")
    made.term(happy, 190, 125_000.0)
    made.touch(happy, 8, with_=[made.contact(happy, "Zoe Adler", "manager")])
    made.survey(
        happy, 70, 68, 10, comment="Best <service> we know.", contact_id=made.rows["contacts"][-1]["contact_id"]
    )
    made.survey(happy, 20, 19, 5, survey_type="csat", score_max=5, sentiment="positive")


def _heard_and_promised(made: FixturePublication) -> None:
    """What waits to be asked for, surveys left unanswered, a promise to come, a discrepancy found late."""
    made.add("opportunities", customer_id="hubspot:1011", opportunities_open=1, themes="sealing, <b>valves</b>",
             departments="Support")  # fmt: skip
    answer = next(row for row in made.rows["survey_responses"] if row["score"] == 10)
    made.add("ambassadors", customer_id="hubspot:1017", why="would recommend us: <10> of 10", reasons=1,
             nps_on=answer["responded_at"].date(), survey_response_id=answer["survey_response_id"])  # fmt: skip
    for sent_ago in (100, 200):
        made.survey("hubspot:1003", sent_ago, None, None, survey_type="csat", score_max=5)
    made.incident("hubspot:1014", 3, None, "low", category="documentation", theme="spare_parts",
                  first_response_due_at=_at(AS_OF - timedelta(2), 9), first_response_kept=False,
                  resolution_due_at=_at(AS_OF + timedelta(4), 9))  # fmt: skip
    made.incident("hubspot:1014", 200, 195, "low", category="discrepancy", days_since_previous_incident=None)
    made.incident("hubspot:1014", 250, 245, "low", category="discrepancy", phase="before_start")
    made.spell("hubspot:1014", "csm", "bamboohr:2", 500, None)


def _health_and_actions(made: FixturePublication) -> None:
    """Scores of three customers, of whom one has a driver that nobody can know, and what to do for two."""
    chairs, ghost, silent = "hubspot:1001", "hubspot:1002", "hubspot:1006"
    made.driver(ghost, "ghost_owner", 12.25)
    made.driver(ghost, "musical_chairs", 33.333333333, measured_column="assignment_changes_365d", penalty=0.5)
    made.driver(ghost, "cold_handoffs", 0.0, measured_column="cold_handoffs_365d", value=0.0)
    made.driver(ghost, "overdue_incident", 0.0, pillar="quality", measured_column="overdue_incidents",
                needs="ticketing", value=None, penalty=None, state="unknown")  # fmt: skip
    made.driver(ghost, "detractor", 0.0, measured_column="last_nps", value=None, penalty=None, state="not_applicable")
    made.driver(ghost, "ghost_owner", 50.0, is_current=False, month=date(2026, 10, 1))
    made.driver(chairs, "musical_chairs", 61.5, measured_column="assignment_changes_365d")
    made.driver(silent, "long_silence", 10.0, measured_column="days_since_touch", value=130.0)
    spell = next(row for row in made.rows["assignments"] if row["is_ghost"])
    made.action(
        ghost, "ghost_owner", 22_050.0,
        [
            {"fact_table": "assignments", "fact_id": spell["assignment_id"], "words": "Kim Left (support lead)",
             "source_system": "hubspot", "source_record_id": "1002", "source_url": "https://hubspot.example/1002"},
            {"fact_id": "hubspot:meeting:7", "words": "the account team's <session>", "source_system": "hubspot",
             "source_record_id": "7", "source_url": "javascript:alert(1)"},
        ],
        bring="A successor for Kim Left, and the answer to “<b>why?</b>”.", points_lost_change_1m=2.0,
        override_band="healthy", pressed_by="notice", due_on=AS_OF + timedelta(days=3),
    )  # fmt: skip
    made.outcome(ghost, "cold_handoffs", "done", 5, "Gus met them with <b>Ida</b>.")
    made.outcome(ghost, "detractor", "wrong", 29, "He answered for another plant.", by="kim@us.example")
    made.outcome(ghost, "cold_handoffs", "done", 100, "A call.", by="<i>Somebody</i>")
    made.outcome(chairs, "musical_chairs", "done", 30, "Named a successor.")
    made.outcome("hubspot:1009", "long_silence", "done", 1, "Called the prospect.")
    made.outcome(None, "long_silence", "wrong", 2, "Of nobody we know.")
    made.action(ghost, "musical_chairs", 21_000.0)
    made.action(silent, "long_silence", 9_000.0, owner_id=None, owner_reason="nobody: no one was ever named",
                is_evidence_absence=True)  # fmt: skip


def _held_against_renewals(made: FixturePublication) -> None:
    """A score not validatable yet, a driver of each verdict, and contracts of which no third term was due so far."""
    for predictor, segment, n, churned in (
        ("health_score", "all", 120, 12),
        ("health_score", "enterprise", 90, 9),
        ("health_score", "small <business>", 30, 3),
        ("musical_chairs", "all", 118, 12),
    ):
        made.add("health_backtest", predictor=predictor, segment=segment, n=n, churned=churned, is_validatable=False,
                 predictor_kind="score" if predictor == "health_score" else "driver", forecasts=0, forecast_churned=0,
                 green_then_churned_share=0.25 if segment == "all" else None)  # fmt: skip
    for driver, column, ranges in (
        ("health_score", None, {"at_risk": (20, 12), "watch": (30, 27), "healthy": (70, 69)}),
        ("musical_chairs", "assignment_changes_365d", {"bad": (30, 20), "good": (90, 88)}),
        ("too_much_contact", "touches_90d", {"bad": (50, 50), "middle": (30, 28), "good": (40, 30)}),
        ("long_silence", "days_since_touch", {"bad": (40, 36), "good": (80, 72)}),
        ("ghost_owner", "ghost_owners", {"bad": (19, 14), "good": (101, 94)}),
    ):
        for bucket, (n, retained) in ranges.items():
            made.rate(driver, bucket, n, retained, measured_column=column)
    for number, segment, due, lost, running, survival, low, high in (
        (1, "all", 100, 10, 8, 0.9, 0.824, 0.944),
        (2, "all", 20, 2, 6, 0.81, 0.681, 0.891),
        (3, "all", 0, 0, 5, None, None, None),
        (1, "enterprise", 80, 8, 7, 0.9, 0.811, 0.948),
        (1, "small <business>", 6, 0, 1, 1.0, None, None),
    ):
        made.add("renewal_survival", term_number=number, segment=segment, due=due, lost=lost, running=running,
                 entered_late=number - 1, hazard=lost / due if due else None, survival=survival, survival_low=low,
                 survival_high=high)  # fmt: skip


def _after_the_sale(made: FixturePublication) -> None:
    """Three groups of customers, of whom the unsorted were promised nothing and none of them is new."""
    for segment, customers, days, months, promises, surprises in (
        ("enterprise", 20, 6.5, 0.875, 0.96, 1.25),
        ("small <business>", 1_200, 12.0, 0.5, 0.9, 0.0),
        ("unknown", 5, None, 0.625, None, None),
    ):
        made.add("care_showcase", segment=segment, as_of_on=AS_OF, customers=customers,
                 days_to_first_substantive_touch=days, months_in_touch_share=months, promises_kept_rate=promises,
                 surprises_per_100_customer_months=surprises)  # fmt: skip


def _at(day: date, hour: int) -> datetime:
    return datetime.combine(day, time(hour))


def _source(system: str, record_id: str) -> dict[str, Any]:
    return {
        "source_system": system,
        "source_record_id": record_id,
        "source_url": f"https://{system}.example/records/{record_id}",
        "recorded_at": _at(date(2026, 1, 1), 0),
    }
