"""Quality incidents: what they were, whether promises were kept, warnings heeded, and who went quiet after them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache, cached_property

from tests.reference.days import in_window, median, share, spread
from tests.reference.identity import Identity
from tests.reference.landing import Row
from tests.reference.surveys import Surveys
from tests.reference.tickets import Promise, Ticket, Tickets
from tests.reference.touches import Touches
from tests.reference.voice import Voice, Voices

CATEGORIES = ["defect", "discrepancy", "outage", "delivery", "documentation", "billing", "service"]
PHASES = ["before_start", "delivery", "in_service"]
FINDERS = ["internal", "front_line", "customer", "survey"]
SEVERITIES = {"low": "low", "normal": "normal", "high": "high", "urgent": "critical"}
SEVERE = {"high", "critical"}


@dataclass(frozen=True)
class Incident:
    """An incident as known at the end of `as_of`."""

    ticket: Ticket
    as_of: date
    category: str
    phase: str
    detected_by: str
    resolved_at: datetime | None
    reopened: tuple[datetime, ...]
    first_response: Promise | None
    resolution: Promise | None
    repeat_of: Incident | None
    previous: Incident | None

    @property
    def opened_on(self) -> date:
        return self.ticket.opened_at.date()

    @property
    def resolved_on(self) -> date | None:
        return self.resolved_at.date() if self.resolved_at else None

    @property
    def severity(self) -> str:
        return SEVERITIES.get(self.ticket.field("priority", self.as_of) or "", "normal")

    @property
    def is_severe(self) -> bool:
        return self.severity in SEVERE

    @property
    def is_surprise(self) -> bool:
        return self.is_severe and self.detected_by in ("customer", "survey")

    @property
    def is_overdue(self) -> bool:
        return self.resolved_at is None and self.resolution is not None and self.resolution.due_at.date() <= self.as_of

    @property
    def days_since_previous(self) -> int | None:
        return (self.opened_on - self.previous.opened_on).days if self.previous else None

    @property
    def promises(self) -> list[Promise]:
        return [promise for promise in (self.first_response, self.resolution) if promise is not None]


class Quality:
    def __init__(
        self, identity: Identity, tickets: Tickets, touches: Touches, voices: Voices, surveys: Surveys
    ) -> None:
        self.identity = identity
        self.tickets = tickets
        self.touches = touches
        self.voices = voices
        self.surveys = surveys

    @cached_property
    def tickets_by_customer(self) -> dict[str | None, list[Ticket]]:
        """Tickets that are incidents, earliest first."""
        found: dict[str | None, list[Ticket]] = {}
        for ticket in sorted(self.tickets.all.values(), key=lambda ticket: (ticket.opened_at, ticket.number)):
            if ticket.is_incident:
                found.setdefault(ticket.customer_id, []).append(ticket)
        return found

    @cache  # noqa: B019 - an instance lives as long as one test
    def known(self, customer_id: str | None, as_of: date) -> list[Incident]:
        """A customer's incidents as known at the end of a day, earliest first."""
        found: list[Incident] = []
        for ticket in self.tickets_by_customer.get(customer_id, []):
            if ticket.known(as_of):
                earlier = found if customer_id is not None else []
                found.append(self.incident(ticket, earlier, as_of))
        return found

    def incident(self, ticket: Ticket, earlier: list[Incident], as_of: date) -> Incident:
        category = next((category for category in CATEGORIES if category in ticket.tags), "other")
        repeated = [
            one for one in earlier if one.category == category and (ticket.opened_at.date() - one.opened_on).days <= 90
        ]
        return Incident(
            ticket=ticket,
            as_of=as_of,
            category=category,
            phase=next((phase for phase in PHASES if f"phase_{phase}" in ticket.tags), "in_service"),
            detected_by=detected_by(ticket),
            resolved_at=ticket.resolved_at(as_of),
            reopened=tuple(ticket.reopened(as_of)),
            first_response=self.tickets.first_response(ticket.source_record_id, as_of),
            resolution=self.tickets.resolution(ticket.source_record_id, as_of),
            repeat_of=repeated[-1] if repeated else None,
            previous=earlier[-1] if earlier else None,
        )

    def warnings(self, incident: Incident) -> list[Voice]:
        """Warnings about it heard in the 180 days before it opened and not acted on by then, earliest first."""
        if incident.ticket.customer_id is None:
            return []
        opened_at = incident.ticket.opened_at
        found = []
        for voice in self.voices.known(incident.ticket.customer_id, incident.as_of):
            names_it = voice.theme is not None and voice.theme in (incident.ticket.theme, incident.category)
            in_time = voice.heard_at < opened_at and (incident.opened_on - voice.on).days <= 180
            if voice.kind == "warning" and names_it and in_time:
                acted_on_at = self.voices.acted_on_at(voice, incident.as_of)
                if acted_on_at is None or acted_on_at >= opened_at:
                    found.append(voice)
        return found

    @cache  # noqa: B019 - an instance lives as long as one test
    def heard(self, customer_id: str, as_of: date) -> list[datetime]:
        """When the customer was heard: inbound touches, survey answers, held calls, meetings, visits and events."""
        answers = [s.responded_at for s in self.surveys.known(customer_id, as_of) if s.responded_at]
        return [t.occurred_at for t in self.touches.known(customer_id, as_of) if t.is_heard] + answers

    def quiet_from(self, incident: Incident) -> datetime:
        """The resolution, else our last public word, else the opening."""
        last_word = self.tickets.last_word_at(incident.ticket, incident.as_of)
        return incident.resolved_at or last_word or incident.ticket.opened_at

    def went_quiet(self, incident: Incident) -> bool | None:
        customer_id, start = incident.ticket.customer_id, self.quiet_from(incident)
        last_on = start.date() + timedelta(days=60)
        if customer_id is None or incident.as_of < last_on:
            return None
        return not any(at > start and at.date() <= last_on for at in self.heard(customer_id, incident.as_of))

    def is_quiet_since(self, incident: Incident) -> bool:
        customer_id, start = incident.ticket.customer_id, self.quiet_from(incident)
        if not self.went_quiet(incident) or customer_id is None:
            return False
        return not any(at > start for at in self.heard(customer_id, incident.as_of))

    def columns(self, customer_id: str, as_of: date) -> Row:
        """The group quality of customer_months."""
        incidents = self.known(customer_id, as_of)

        def within(days: int) -> list[Incident]:
            return [incident for incident in incidents if in_window(incident.opened_on, days, as_of)]

        def hours(days: int) -> list[float]:
            return [
                (incident.resolved_at - incident.ticket.opened_at).total_seconds() / 3600
                for incident in incidents
                if incident.resolved_at and in_window(incident.resolved_on, days, as_of)
            ]

        discrepancies = [incident for incident in within(365) if incident.category == "discrepancy"]
        late = sum(incident.phase != "before_start" for incident in discrepancies)
        due = [p for i in incidents for p in i.promises if in_window(p.due_at.date(), 180, as_of)]
        touches = self.touches.known(customer_id, as_of)
        found = {
            "open_incidents": sum(incident.resolved_at is None for incident in incidents),
            "overdue_incidents": sum(incident.is_overdue for incident in incidents),
            "incidents_180d": len(within(180)),
            "severe_incidents_180d": sum(incident.is_severe for incident in within(180)),
            "surprises_180d": sum(incident.is_surprise for incident in within(180)),
            "late_discrepancies_365d": late,
            "late_discrepancy_share_365d": share(late, len(discrepancies)),
            "reopens_180d": sum(in_window(at.date(), 180, as_of) for i in incidents for at in i.reopened),
            "repeat_incidents_180d": sum(incident.repeat_of is not None for incident in within(180)),
            "second_incidents_180d": sum(
                incident.days_since_previous is not None and incident.days_since_previous <= 90
                for incident in within(180)
            ),
            "had_severe_incident_ever": any(incident.is_severe for incident in incidents),
            "promise_kept_rate_180d": share(sum(promise.kept(as_of) is True for promise in due), len(due)),
            "median_resolution_hours_180d": median(hours(180)),
            "resolution_cv_365d": spread(hours(365)) if len(hours(365)) >= 3 else None,
            "severity_mix_365d": share(sum(incident.is_severe for incident in within(365)), len(within(365))),
            "warned_incidents_365d": sum(bool(self.warnings(incident)) for incident in within(365)),
            "is_quiet_after_complaint": any(self.is_quiet_since(incident) for incident in incidents),
        }
        held = sum(touch.is_holding_reply for touch in touches if in_window(touch.on, 180, as_of))
        known = found if self.tickets.is_connected else dict.fromkeys(found)
        return {**known, "holding_replies_180d": held}


def detected_by(ticket: Ticket) -> str:
    """By its tags, else by the channel that it came in by, else by who submitted it."""
    tagged = next((finder for finder in FINDERS if f"found_by_{finder}" in ticket.tags), None)
    if tagged is not None:
        return tagged
    if json.loads(ticket.row["via"] or "{}").get("channel") in ("api", "monitoring"):
        return "internal"
    return "front_line" if ticket.opened_by_agent else "customer"
