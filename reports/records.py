"""Which records stand behind each number of customer_lifecycle, found a second time from the fact tables of the mart.

What a number means is the mart's to say; here only its evidence is picked.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

from reports.publication import Assignment, Customer, Incident, Renewal, Touch

TEAM_ROLES = ("account_manager", "csm", "support_lead", "field_engineer")

AnyRecord = Touch | Assignment | Incident | Renewal


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

    def facts(self) -> dict[str, Any]:
        """The numbers that a reason may ask about: customer_lifecycle's own, and those of DERIVED."""
        if not self.lifecycle:
            return {}
        return {**self.lifecycle, **{name: derive(self) for name, (derive, _) in DERIVED.items()}}


Selection = Callable[[CustomerRecords], Sequence[AnyRecord]]


def _any(_: AnyRecord) -> bool:
    return True


def _touches(days: int, keep: Callable[[Touch], bool] = _any) -> Selection:
    return lambda of: [touch for touch in of.touches if of.within(touch.occurred_on, days) and keep(touch)]


def _last_touch(keep: Callable[[Touch], bool] = _any) -> Callable[[CustomerRecords], list[Touch]]:
    def select(of: CustomerRecords) -> list[Touch]:
        kept = [touch for touch in of.touches if keep(touch)]
        return [max(kept, key=lambda touch: (touch.occurred_at, touch.touch_id))] if kept else []

    return select


def _pulse_checks_12m(of: CustomerRecords) -> list[Touch]:
    first = _months_before(of.as_of.replace(day=1), 11)
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


def _incidents(days: int, keep: Callable[[Incident], bool] = _any) -> Selection:
    return lambda of: [incident for incident in of.incidents if of.within(incident.opened_on, days) and keep(incident)]


def _resolved(days: int) -> Selection:
    return lambda of: [incident for incident in of.incidents if of.within(incident.resolved_on, days)]


def _months_before(day: date, months: int) -> date:
    index = day.year * 12 + day.month - 1 - months
    year, month = index // 12, index % 12 + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def _courtesy_share_365d(of: CustomerRecords) -> float | None:
    touches = _touches(365)(of)
    courtesy = _touches(365, lambda touch: touch.substance == "courtesy")(of)
    return len(courtesy) / len(touches) if touches else None


def _open_severe_incidents(of: CustomerRecords) -> int | None:
    # Where ticketing is not connected the mart says null, and so must everything counted from its incidents.
    if of.lifecycle["open_incidents"] is None:
        return None
    return len(SELECTIONS["open_severe_incidents"](of))


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
        _open_severe_incidents,
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
    "cold_handoffs_365d": _cold_handoffs,
    "presale_faces_kept": _presale_touches,
    "open_incidents": lambda of: [incident for incident in of.incidents if incident.resolved_at is None],
    "incidents_180d": _incidents(180),
    "severe_incidents_180d": _incidents(180, lambda incident: incident.is_severe),
    "surprises_180d": SELECTIONS["surprises_180d"],
    "late_discrepancies_365d": _incidents(
        365, lambda incident: incident.category == "discrepancy" and incident.phase != "before_start"
    ),
    "late_discrepancy_share_365d": _incidents(365, lambda incident: incident.category == "discrepancy"),
    "repeat_incidents_180d": _incidents(180, lambda incident: incident.repeat_of is not None),
    "second_incidents_180d": SELECTIONS["second_incidents_180d"],
    "had_severe_incident_ever": lambda of: [incident for incident in of.incidents if incident.is_severe],
    "median_resolution_hours_180d": _resolved(180),
    "resolution_cv_365d": _resolved(365),
    "severity_mix_365d": _incidents(365, lambda incident: incident.is_severe),
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
    "incidents_180d",
    "severe_incidents_180d",
    "surprises_180d",
    "late_discrepancies_365d",
    "repeat_incidents_180d",
    "second_incidents_180d",
)

# What has no record in the mart, and why.
NO_RECORDS = {
    "days_since_account_review": "An account review is an internal session, not a touch: its record is in the CRM.",
    "lifecycle_stage": "Derived from the CRM's lifecycle stage and the deals won.",
    "segment": "As the CRM names it.",
}
