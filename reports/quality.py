"""The quality page: what surprised customers, which promises were broken or fall due next, and what came twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import ClassVar

from markupsafe import Markup

from reports.charts import Charts
from reports.listing import Entry, Listing, current_records, entry, listing
from reports.publication import Incident, Publication, Touch
from reports.records import SELECTIONS, CustomerRecords, months_before

# As the mart's own numbers of promises: MART.md's window of half a year.
WINDOW = 180

TREND_MONTHS = 24

# Who answers for a promise: the first of these roles that somebody employed holds at the customer.
ANSWERABLE = ("support_lead", "csm", "account_manager", "field_engineer")

OVERDUE = "First answers and fixes whose promised time is past while the incident is open and they are not there."
DUE_NEXT = "First answers and fixes promised for later, of incidents that are open."
BROKEN = f"First answers and fixes promised for the last {WINDOW} days that did not come by then, late ones included."

SEVERITIES = ("critical", "high", "normal", "low")


@dataclass(frozen=True)
class Promise:
    """What was promised for one incident, a first answer or the fix; `kept` is null until the promise falls due."""

    incident: Incident
    what: str
    due_at: datetime
    done_at: datetime | None
    kept: bool | None
    who: str | None = None

    @property
    def due_on(self) -> date:
        return self.due_at.date()

    @property
    def is_open(self) -> bool:
        """Whether it is still owed: not done, nor the incident resolved without."""
        return self.done_at is None and self.incident.resolved_at is None

    @property
    def is_overdue(self) -> bool:
        return self.is_open and self.kept is False

    @property
    def is_awaited(self) -> bool:
        return self.is_open and self.kept is None


@dataclass(frozen=True)
class PutOff:
    """The holding replies to one customer, newest first."""

    touches: tuple[Touch, ...]


@dataclass(frozen=True)
class QualityMonth:
    """The incidents opened in one month by severity, and the promises that fell due in it."""

    month: date
    opened: Counter[str | None]
    kept: int
    broken: int

    @property
    def incidents(self) -> int:
        return sum(self.opened.values())

    @property
    def kept_share(self) -> float | None:
        return self.kept / (self.kept + self.broken) if self.kept + self.broken else None


@dataclass(frozen=True)
class QualityContext:
    """Everything that the quality page shows."""

    window: ClassVar = WINDOW
    severities: ClassVar = SEVERITIES

    as_of: date
    is_known: bool
    surprises: Listing[Incident]
    overdue: Listing[Promise]
    due_next: Listing[Promise]
    broken: Listing[Promise]
    promises: int
    promises_definition: str | None
    repeats: Listing[Incident]
    seconds: Listing[Incident]
    late_discrepancies: Listing[Incident]
    reopened: Listing[Incident]
    warned: Listing[Incident]
    quiet: Listing[Incident]
    put_off: Listing[PutOff]
    months: tuple[QualityMonth, ...]

    @property
    def kept_share(self) -> float | None:
        """Of the promises due in the window, the share kept."""
        return (self.promises - len(self.broken.entries)) / self.promises if self.promises else None


def quality_context(publication: Publication, as_of: date) -> QualityContext:
    """The quality page: the incidents of all current customers, and the months of all there ever were."""
    since = as_of - timedelta(days=WINDOW - 1)
    records = current_records(
        publication,
        as_of,
        incidents="true",
        assignments="ended_at is null and is_ghost is not true",
        touches=f"is_holding_reply and occurred_on >= date '{since}'",
    )
    is_known = not records or any(of.lifecycle["open_incidents"] is not None for of in records)
    promises = [entry(of, promise) for of in records for promise in _promises(of.incidents, _who(of))]
    due = [one for one in promises if one.record.kept is not None and since <= one.record.due_on <= as_of]
    awaited = sorted(
        (one for one in promises if one.record.is_awaited),
        key=lambda one: (one.record.due_at, -(one.customer.arr or 0.0), one.record.incident.incident_id),
    )

    def listed(column: str) -> Listing[Incident]:
        return listing(publication, records, column)

    def of_promises(definition: str, entries: Iterable[Entry[Promise]]) -> Listing[Promise]:
        found = tuple(entries)
        return Listing(definition, len(found) if is_known else None, found)

    return QualityContext(
        as_of=as_of,
        is_known=is_known,
        surprises=listed("surprises_180d"),
        overdue=of_promises(OVERDUE, (one for one in promises if one.record.is_overdue)),
        due_next=of_promises(DUE_NEXT, awaited),
        broken=of_promises(BROKEN, (one for one in due if one.record.kept is False)),
        promises=len(due),
        promises_definition=publication.definition("customer_lifecycle", "promise_kept_rate_180d"),
        repeats=listed("repeat_incidents_180d"),
        seconds=listed("second_incidents_180d"),
        late_discrepancies=listed("late_discrepancies_365d"),
        reopened=listed("reopens_180d"),
        warned=listed("warned_incidents_365d"),
        quiet=listing(publication, records, "is_quiet_after_complaint", lambda of: SELECTIONS["gone_quiet"](of)[:1]),
        put_off=listing(publication, records, "holding_replies_180d", _put_off),
        months=_months(publication.rows("quality_incidents", Incident, "order by incident_id"), as_of),
    )


def draw(charts: Charts, context: QualityContext) -> Mapping[str, Markup]:
    """Incidents and promises by month, where there are any."""
    drawn = any(month.incidents or month.kept_share is not None for month in context.months)
    if not drawn:
        return {}
    return {
        "months": charts.quality_by_month([(month.month, month.opened, month.kept_share) for month in context.months])
    }


def _promises(incidents: Iterable[Incident], who: str | None = None) -> Iterable[Promise]:
    for incident in incidents:
        for what, due_at, done_at, kept in (
            ("first answer", incident.first_response_due_at, incident.first_responded_at, incident.first_response_kept),
            ("fix", incident.resolution_due_at, incident.resolved_at, incident.resolution_kept),
        ):
            if due_at is not None:
                yield Promise(incident, what, due_at, done_at, kept, who)


def _who(of: CustomerRecords) -> str | None:
    holders = {spell.role: spell.employee_id for spell in of.assignments}
    return next((holders[role] for role in ANSWERABLE if holders.get(role)), None)


def _put_off(of: CustomerRecords) -> Sequence[PutOff]:
    return (PutOff(tuple(of.touches)),) if of.touches else ()


def _months(incidents: Sequence[Incident], as_of: date) -> tuple[QualityMonth, ...]:
    """The last months up to the running one, the earliest first."""
    running = as_of.replace(day=1)
    months = [months_before(running, ago) for ago in range(TREND_MONTHS - 1, -1, -1)]
    opened = {month: Counter[str | None]() for month in months}
    kept = {month: {True: 0, False: 0} for month in months}
    for incident in incidents:
        month = incident.opened_on.replace(day=1)
        if month in opened:
            opened[month][incident.severity] += 1
    for promise in _promises(incidents):
        month = promise.due_on.replace(day=1)
        if month in kept and promise.kept is not None:
            kept[month][promise.kept] += 1
    return tuple(QualityMonth(month, opened[month], kept[month][True], kept[month][False]) for month in months)
