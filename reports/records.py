"""Which records stand behind each number of customer_lifecycle, found a second time from the fact tables of the mart.

What a number means is the mart's to say; here only its evidence is picked.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from itertools import pairwise
from typing import Any

from reports.publication import (
    Assignment,
    Contact,
    Customer,
    Incident,
    Renewal,
    Survey,
    Touch,
    Training,
    Voice,
)

TEAM_ROLES = ("account_manager", "csm", "support_lead", "field_engineer")

# A survey is acted upon within a month, as MART.md counts it: an incident opened later was not found by that answer.
SURVEY_FINDS_WITHIN_DAYS = 30

AnyRecord = Touch | Contact | Assignment | Training | Incident | Renewal | Survey | Voice | Customer


@dataclass(frozen=True)
class CustomerRecords:
    """Everything of one customer that a report may point at, as it stands at the end of `as_of`."""

    as_of: date
    customer: Customer
    lifecycle: dict[str, Any] = field(default_factory=dict)
    touches: Sequence[Touch] = ()
    assignments: Sequence[Assignment] = ()
    incidents: Sequence[Incident] = ()
    renewals: Sequence[Renewal] = ()
    surveys: Sequence[Survey] = ()
    voice: Sequence[Voice] = ()
    # People at the customer, and those of other companies who were in a touch with it.
    contacts: Sequence[Contact] = ()
    contacts_of_touches: Mapping[str, Sequence[str]] = field(default_factory=dict)
    # Of those who serve this customer now, in the last 365 days.
    trainings: Sequence[Training] = ()
    # Other companies of the CRM with this one's domain, or its name but for the legal form.
    look_alikes: Sequence[Customer] = ()

    def within(self, day: date | None, days: int) -> bool:
        """Whether a day lies in the window of so many days that ends with the as-of day."""
        return day is not None and self.as_of - timedelta(days=days - 1) <= day <= self.as_of

    @property
    def team(self) -> list[Assignment]:
        return [spell for spell in self.assignments if spell.role in TEAM_ROLES]

    @property
    def ghosts(self) -> list[Assignment]:
        return [spell for spell in self.team if spell.is_ghost]

    @property
    def next_term(self) -> Renewal | None:
        undecided = [renewal for renewal in self.renewals if renewal.outcome == "open"]
        return min(undecided, key=lambda term: (term.due_on, term.renewal_id), default=None)

    @cached_property
    def last_touched_on(self) -> dict[str, date]:
        """The last day on which each contact was in a touch."""
        last: dict[str, date] = {}
        for touch in self.touches:
            for contact_id in self.contacts_of_touches.get(touch.touch_id, ()):
                last[contact_id] = max(last.get(contact_id, touch.occurred_on), touch.occurred_on)
        return last

    def facts(self) -> dict[str, Any]:
        """The numbers that a reason may ask about: customer_lifecycle's own, and those of DERIVED."""
        if not self.lifecycle:
            return {}
        return {**self.lifecycle, **{name: derive(self) for name, (derive, _) in DERIVED.items()}}


Selection = Callable[[CustomerRecords], Sequence[AnyRecord]]


def _any(_: AnyRecord) -> bool:
    return True


def _touches(days: int, keep: Callable[[Touch], bool] = _any) -> Callable[[CustomerRecords], list[Touch]]:
    def select(of: CustomerRecords) -> list[Touch]:
        # Asking of.within of each would take a tenth of a page's time: no other record is so frequent.
        first = of.as_of - timedelta(days=days - 1)
        return [touch for touch in of.touches if first <= touch.occurred_on <= of.as_of and keep(touch)]

    return select


def _last_touch(keep: Callable[[Touch], bool] = _any) -> Callable[[CustomerRecords], list[Touch]]:
    def select(of: CustomerRecords) -> list[Touch]:
        kept = [touch for touch in of.touches if keep(touch)]
        return [max(kept, key=lambda touch: (touch.occurred_at, touch.touch_id))] if kept else []

    return select


def _pulse_checks_12m(of: CustomerRecords) -> list[Touch]:
    first = months_before(of.as_of.replace(day=1), 11)
    return [touch for touch in of.touches if touch.is_pulse_check and first <= touch.occurred_on <= of.as_of]


def _touches_of_term(of: CustomerRecords) -> list[Touch]:
    start = of.lifecycle.get("term_started_on")
    if start is None:
        return []
    return [
        touch for touch in of.touches if touch.occurred_on >= start and touch.initiative in ("reactive", "proactive")
    ]


def _touches_around_longest_silence(of: CustomerRecords) -> list[Touch]:
    """The touch before and the one after the longest silence of the last 365 days, where there is one."""
    window_start = of.as_of - timedelta(days=364)
    since = of.customer.customer_since_on
    start = max(window_start, since) if since is not None else window_start
    inside = sorted((touch for touch in of.touches if touch.occurred_on >= start), key=lambda touch: touch.occurred_at)
    edges: list[tuple[date, Touch | None]] = [(start, None), *((touch.occurred_on, touch) for touch in inside)]
    edges.append((of.as_of, None))
    longest = max(pairwise(edges), key=lambda pair: pair[1][0] - pair[0][0])
    return [touch for _, touch in longest if touch is not None]


def _seller_touches(of: CustomerRecords) -> list[Touch]:
    sellers = {spell.employee_id for spell in of.assignments if spell.role == "seller"}
    return _last_touch(lambda touch: touch.employee_id is not None and touch.employee_id in sellers)(of)


def _presale_touches(of: CustomerRecords) -> list[Touch]:
    won = of.customer.customer_since_on
    if won is None:
        return []
    first, last = won - timedelta(days=180), won + timedelta(days=180)
    return [touch for touch in of.touches if touch.employee_id is not None and first <= touch.occurred_on <= last]


def _running_terms(of: CustomerRecords) -> list[Renewal]:
    latest: dict[str, Renewal] = {}
    for term in sorted(of.renewals, key=lambda term: term.term_number):
        if term.term_started_on <= of.as_of:
            latest[term.contract_id] = term
    return [term for term in latest.values() if term.outcome != "churned"]


def _next_term(of: CustomerRecords) -> list[Renewal]:
    return [of.next_term] if of.next_term is not None else []


def _last_decided(of: CustomerRecords) -> list[Renewal]:
    decided = [term for term in of.renewals if term.decided_on is not None]
    return [max(decided, key=lambda term: (term.decided_on, term.term_number))] if decided else []


def _running_team(of: CustomerRecords) -> list[Assignment]:
    return [spell for spell in of.team if spell.ended_at is None]


def _orphaned_roles(of: CustomerRecords) -> list[Assignment]:
    """The last spell of every role that was held once and is not now."""
    filled = {spell.role for spell in of.team if spell.ended_at is None}
    last: dict[str, Assignment] = {}
    ended = [(spell.ended_at, spell.assignment_id, spell) for spell in of.team if spell.ended_at is not None]
    for *_, spell in sorted(ended, key=lambda end: end[:2]):
        if spell.role not in filled:
            last[spell.role] = spell
    return list(last.values())


def _changes(keep: Callable[[Assignment], bool] = _any) -> Selection:
    return lambda of: [
        spell for spell in of.team if spell.end_cause is not None and of.within(spell.ended_on, 365) and keep(spell)
    ]


def _cold_handoffs(of: CustomerRecords) -> list[Assignment]:
    return [spell for spell in of.team if spell.handoff == "cold" and of.within(spell.ended_on, 365)]


def _incidents(days: int, keep: Callable[[Incident], bool] = _any) -> Callable[[CustomerRecords], list[Incident]]:
    return lambda of: [incident for incident in of.incidents if of.within(incident.opened_on, days) and keep(incident)]


def _contacts_touched(of: CustomerRecords) -> list[Contact]:
    return [contact for contact in of.contacts if of.within(of.last_touched_on.get(contact.contact_id), 180)]


def _trained_team(of: CustomerRecords) -> list[AnyRecord]:
    return [*_running_team(of), *of.trainings]


def _promised(of: CustomerRecords) -> list[Incident]:
    return [
        incident
        for incident in of.incidents
        if of.within(_day(incident.first_response_due_at), 180) or of.within(_day(incident.resolution_due_at), 180)
    ]


def _reopened(of: CustomerRecords) -> list[Incident]:
    """Incidents that may have been reopened in the last 180 days: what was, is open or was resolved again since."""
    return [
        incident
        for incident in of.incidents
        if incident.reopen_count and (incident.resolved_at is None or of.within(incident.resolved_on, 180))
    ]


def _warned_incidents(of: CustomerRecords) -> list[AnyRecord]:
    """Incidents that somebody had warned of, each after its warnings."""
    return _each_after_its_warning(of, _incidents(365, lambda incident: incident.was_warned is True)(of))


def _each_after_its_warning(of: CustomerRecords, incidents: Sequence[Incident]) -> list[AnyRecord]:
    found: dict[str, AnyRecord] = {}
    for incident in incidents:
        if incident.was_warned and incident.festered_days is not None:
            about = {incident.theme, incident.category}
            first_on = incident.opened_on - timedelta(days=incident.festered_days)
            for voice in of.voice:
                was_ignored = voice.acted_on_at is None or voice.acted_on_at >= incident.opened_at
                is_in_time = first_on <= voice.heard_on and voice.heard_at < incident.opened_at
                if voice.kind == "warning" and voice.theme in about and was_ignored and is_in_time:
                    found[voice.record_id] = voice
        found[incident.record_id] = incident
    return list(found.values())


def _severe_found_by_survey(of: CustomerRecords) -> list[Incident]:
    return _incidents(180, lambda incident: incident.is_severe and incident.detected_by == "survey")(of)


def _found_by_survey(of: CustomerRecords) -> list[AnyRecord]:
    """The answers that told of severe incidents, and these, each after the warnings that had told of it before."""
    incidents = _severe_found_by_survey(of)
    answers = [
        survey
        for survey in of.surveys
        if survey.responded_on is not None
        and any(
            0 <= (incident.opened_on - survey.responded_on).days <= SURVEY_FINDS_WITHIN_DAYS for incident in incidents
        )
    ]
    return [*answers, *_each_after_its_warning(of, incidents)]


def _quiet_incident(of: CustomerRecords) -> Incident | None:
    """The incident after which nothing was heard from the customer to this day."""
    if of.lifecycle.get("is_quiet_after_complaint") is not True:
        return None
    quiet = [incident for incident in of.incidents if incident.went_quiet is True]
    return max(quiet, key=lambda incident: (_last_stood_on(incident), incident.incident_id), default=None)


def _last_stood_on(incident: Incident) -> date:
    return incident.resolved_on or incident.opened_on


def _gone_quiet(of: CustomerRecords) -> list[AnyRecord]:
    """The incident, and the last touch by the customer, which came before."""
    incident = _quiet_incident(of)
    return [incident, *_last_touch(lambda touch: touch.direction == "inbound")(of)] if incident is not None else []


def _voice(keep: Callable[[Voice], bool]) -> Selection:
    return lambda of: [voice for voice in of.voice if keep(voice)]


def _voice_365d(keep: Callable[[Voice], bool] = _any) -> Selection:
    return lambda of: [voice for voice in of.voice if of.within(voice.heard_on, 365) and keep(voice)]


def _last_answer(survey_type: str) -> Callable[[CustomerRecords], list[Survey]]:
    def select(of: CustomerRecords) -> list[Survey]:
        answered = [
            (survey.responded_at, survey.survey_response_id, survey)
            for survey in of.surveys
            if survey.survey_type == survey_type and survey.responded_at is not None and survey.score is not None
        ]
        return [max(answered, key=lambda answer: answer[:2])[2]] if answered else []

    return select


def _resolved(days: int) -> Selection:
    return lambda of: [incident for incident in of.incidents if of.within(incident.resolved_on, days)]


def months_before(day: date, months: int) -> date:
    """The day so many months before, or the last of a month that is shorter."""
    index = day.year * 12 + day.month - 1 - months
    year, month = index // 12, index % 12 + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def _day(at: datetime | None) -> date | None:
    return None if at is None else at.date()


def _courtesy_share_365d(of: CustomerRecords) -> float | None:
    touches = _touches(365)(of)
    courtesy = _touches(365, lambda touch: touch.substance == "courtesy")(of)
    return len(courtesy) / len(touches) if touches else None


def _incidents_counted(select: Selection) -> Callable[[CustomerRecords], int | None]:
    # Where ticketing is not connected the mart says null, and so must everything counted from its incidents.
    return lambda of: None if of.lifecycle["open_incidents"] is None else len(select(of))


def _longest_festered_days(of: CustomerRecords) -> int | None:
    festered = [
        incident.festered_days
        for incident in of.incidents
        if of.within(incident.opened_on, 365) and incident.festered_days is not None
    ]
    return max(festered, default=None)


def _quiet_days(of: CustomerRecords) -> int | None:
    incident = _quiet_incident(of)
    return (of.as_of - _last_stood_on(incident)).days if incident is not None else None


def _days_since_nps(of: CustomerRecords) -> int | None:
    days = [(of.as_of - survey.responded_on).days for survey in _last_answer("nps")(of) if survey.responded_on]
    return days[0] if days else None


# What reasons ask about and customer_lifecycle does not carry, with its definition.
DERIVED: dict[str, tuple[Callable[[CustomerRecords], Any], str]] = {
    "touches_365d": (lambda of: len(_touches(365)(of)), "Touches in the last 365 days."),
    "substantive_touches_365d": (
        lambda of: len(_touches(365, lambda touch: touch.substance == "substantive")(of)),
        "Substantive touches in the last 365 days.",
    ),
    "courtesy_share_365d": (
        _courtesy_share_365d,
        "Share of the touches of the last 365 days that were courtesy; null without touches.",
    ),
    "open_severe_incidents": (
        _incidents_counted(lambda of: SELECTIONS["open_severe_incidents"](of)),
        "Incidents of severity high or critical that are not resolved; null where ticketing is not connected.",
    ),
    "next_term_assessed_late": (
        lambda of: of.next_term.assessed_late if of.next_term is not None else None,
        "No pulse check in the term that is next to renew before its last 90 days; null before those.",
    ),
    "ghost_days": (
        lambda of: max((spell.ghost_days for spell in of.ghosts if spell.ghost_days is not None), default=None),
        "Days that the longest standing ghost has held a role since leaving the company.",
    ),
    "severe_found_by_survey_180d": (
        _incidents_counted(_severe_found_by_survey),
        "Incidents of severity high or critical, opened in the last 180 days, that a survey found first; "
        "null where ticketing is not connected.",
    ),
    "longest_festered_days": (
        _longest_festered_days,
        "Days from the earliest warning to the incident it warned of, the longest of the last 365 days.",
    ),
    "quiet_days": (
        _quiet_days,
        "Days since the incident after which nothing was heard was resolved, or opened where it is not.",
    ),
    "look_alike_records": (
        lambda of: len(of.look_alikes),
        "Other companies of the CRM, not archived, with this one's domain, or its name but for the legal form.",
    ),
    "is_in_use": (
        lambda of: of.lifecycle["lifecycle_stage"] in ("use", "advocacy"),
        "Whether the lifecycle stage is use or advocacy.",
    ),
    "days_since_nps": (_days_since_nps, "Days since the last NPS answer; null without one."),
}

# Selections that reasons.csv names, and that the numbers below share.
SELECTIONS: dict[str, Selection] = {
    "touches_90d": _touches(90),
    "last_touch": _last_touch(),
    "ghosts": lambda of: of.ghosts,
    "changes_365d": _changes(),
    "orphaned_roles": _orphaned_roles,
    "next_term": _next_term,
    "open_severe_incidents": lambda of: [
        incident for incident in of.incidents if incident.resolved_at is None and incident.is_severe
    ],
    "second_incidents_180d": _incidents(
        180,
        lambda incident: (
            incident.days_since_previous_incident is not None and incident.days_since_previous_incident <= 90
        ),
    ),
    "surprises_180d": _incidents(180, lambda incident: incident.is_surprise is True),
    "overdue_incidents": lambda of: [
        incident for incident in of.incidents if incident.resolved_at is None and incident.resolution_kept is False
    ],
    "warned_incidents": _warned_incidents,
    "found_by_survey": _found_by_survey,
    "gone_quiet": _gone_quiet,
    "look_alikes": lambda of: of.look_alikes,
    "sales_touches_180d": _touches(180, lambda touch: touch.is_sales is True),
    "last_nps": _last_answer("nps"),
}

BEHIND: dict[str, Selection] = {
    "arr": _running_terms,
    "contracts_running": _running_terms,
    "next_renewal_on": _next_term,
    "days_to_renewal": _next_term,
    "days_to_notice": _next_term,
    "term_number": _next_term,
    "term_started_on": _next_term,
    "last_renewal_outcome": _last_decided,
    "touches_90d": SELECTIONS["touches_90d"],
    "substantive_touches_90d": _touches(90, lambda touch: touch.substance == "substantive"),
    "courtesy_share_90d": _touches(90, lambda touch: touch.substance == "courtesy"),
    "days_since_touch": SELECTIONS["last_touch"],
    "days_since_substantive_touch": _last_touch(lambda touch: touch.substance == "substantive"),
    "longest_silence_days_365d": _touches_around_longest_silence,
    "cadence_cv_365d": _touches(365),
    "pulse_months_12m": _pulse_checks_12m,
    "pulse_coverage_12m": _pulse_checks_12m,
    "reactive_share_term": _touches_of_term,
    "personas_touched_180d": _contacts_touched,
    "user_touch_share_180d": _contacts_touched,
    "is_single_threaded": _contacts_touched,
    "departments_touching_180d": _touches(180, lambda touch: touch.department is not None),
    "customer_talk_share_180d": _touches(180, lambda touch: touch.customer_talk_share is not None),
    "education_touches_180d": _touches(180, lambda touch: touch.theme == "education" and not touch.is_sales),
    "days_since_seller_touch": _seller_touches,
    "roles_filled": _running_team,
    "roles_orphaned": _orphaned_roles,
    "assignment_changes_365d": SELECTIONS["changes_365d"],
    "changes_employee_left_365d": _changes(lambda spell: spell.end_cause == "employee_left"),
    "changes_internal_move_365d": _changes(lambda spell: spell.end_cause == "internal_move"),
    "changes_reassignment_365d": _changes(lambda spell: spell.end_cause == "reassignment"),
    "team_continuity_365d": _running_team,
    "ghost_owners": SELECTIONS["ghosts"],
    "has_ghost_owner": SELECTIONS["ghosts"],
    "team_median_tenure_days": _running_team,
    "inexperienced_assignees": _running_team,
    "assignees_trained_share": _trained_team,
    "cold_handoffs_365d": _cold_handoffs,
    "presale_faces_kept": _presale_touches,
    "open_incidents": lambda of: [incident for incident in of.incidents if incident.resolved_at is None],
    "overdue_incidents": SELECTIONS["overdue_incidents"],
    "incidents_180d": _incidents(180),
    "severe_incidents_180d": _incidents(180, lambda incident: incident.is_severe),
    "surprises_180d": SELECTIONS["surprises_180d"],
    "late_discrepancies_365d": _incidents(
        365, lambda incident: incident.category == "discrepancy" and incident.phase != "before_start"
    ),
    "late_discrepancy_share_365d": _incidents(365, lambda incident: incident.category == "discrepancy"),
    "reopens_180d": _reopened,
    "repeat_incidents_180d": _incidents(180, lambda incident: incident.repeat_of is not None),
    "second_incidents_180d": SELECTIONS["second_incidents_180d"],
    "had_severe_incident_ever": lambda of: [incident for incident in of.incidents if incident.is_severe],
    "holding_replies_180d": _touches(180, lambda touch: touch.is_holding_reply is True),
    "promise_kept_rate_180d": _promised,
    "median_resolution_hours_180d": _resolved(180),
    "resolution_cv_365d": _resolved(365),
    "severity_mix_365d": _incidents(365, lambda incident: incident.is_severe),
    "warned_incidents_365d": _incidents(365, lambda incident: incident.was_warned is True),
    "is_quiet_after_complaint": SELECTIONS["gone_quiet"],
    "voice_365d": _voice_365d(),
    "voice_departments_365d": _voice_365d(lambda voice: voice.department is not None),
    "warnings_unacted": _voice(lambda voice: voice.kind == "warning" and voice.acted_on_at is None),
    "expectations_acted_share_365d": _voice_365d(lambda voice: voice.kind == "expectation"),
    "opportunities_open": _voice(lambda voice: voice.kind == "opportunity" and voice.acted_on_at is None),
    "surveys_sent_365d": lambda of: [survey for survey in of.surveys if of.within(survey.asked_on, 365)],
    "last_nps": SELECTIONS["last_nps"],
    "last_csat": _last_answer("csat"),
    "survey_action_lag_days_365d": lambda of: [survey for survey in of.surveys if of.within(survey.responded_on, 365)],
    "offerings_pitched_180d": SELECTIONS["sales_touches_180d"],
    "pitchers_180d": SELECTIONS["sales_touches_180d"],
    "arr_due_12m": _next_term,
}

# Numbers that must equal the count of the records behind them: two roads to the same figure.
COUNTS = (
    "contracts_running",
    "touches_90d",
    "substantive_touches_90d",
    "roles_orphaned",
    "assignment_changes_365d",
    "changes_employee_left_365d",
    "changes_internal_move_365d",
    "changes_reassignment_365d",
    "cold_handoffs_365d",
    "open_incidents",
    "overdue_incidents",
    "incidents_180d",
    "severe_incidents_180d",
    "surprises_180d",
    "late_discrepancies_365d",
    "repeat_incidents_180d",
    "second_incidents_180d",
    "holding_replies_180d",
    "warned_incidents_365d",
    "voice_365d",
    "warnings_unacted",
    "opportunities_open",
    "surveys_sent_365d",
)

# What has no record in the mart, and why.
NO_RECORDS = {
    "days_since_account_review": "An account review is an internal session, not a touch: its record is in the CRM.",
    "lifecycle_stage": "Derived from the CRM's lifecycle stage and the deals won.",
    "segment": "As the CRM names it.",
    "utilization": "By the month's rows of product_usage.",
    "utilization_change_90d": "By the rows of product_usage of this month and of that three months before.",
    "goals_active": "By success_goals.",
    "goals_met_share": "By success_goals.",
    **dict.fromkeys(
        (
            *("confusion_message", "confusion_quality", "confusion_people", "confusion_index", "health_score"),
            *("health_floor", "health_coverage", "health_band", "health_score_change_1m"),
            *("top_driver_1", "top_driver_2", "top_driver_3"),
        ),
        "By what each driver costs, above.",
    ),
    **dict.fromkeys(
        ("override_band", "override_reason", "override_expires_on"), "A row of seeds/health/health_overrides.csv."
    ),
    "renewal_risk": "By the renewals that came from the same band before, in retention_drivers.",
    "expected_loss": "The renewal risk times the ARR due within 12 months.",
}
