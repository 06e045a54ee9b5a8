"""Zendesk's tickets: their comments, what their status and priority were and when, and what was promised."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache, cached_property
from typing import Any

from tests.reference.days import day, instant, number
from tests.reference.identity import Identity
from tests.reference.landing import Fact, Landing, Record, Row

INCIDENT_TAGS = {"quality", "complaint", "defect", "outage", "discrepancy"}
DONE = ("solved", "closed")


@dataclass(frozen=True, kw_only=True)
class Comment(Fact):
    ticket: Ticket
    author_id: str
    is_agent: bool
    is_public: bool
    body: str
    at: datetime


@dataclass(frozen=True)
class Promise:
    """What was promised about a ticket: the day it is due and, once done, when."""

    due_at: datetime
    done_at: datetime | None

    def kept(self, as_of: date) -> bool | None:
        """Done at or before due; broken when done later or still open past due; null while neither is so."""
        if self.done_at is not None:
            return self.done_at <= self.due_at
        return False if self.due_at.date() <= as_of else None


@dataclass(frozen=True, kw_only=True)
class Ticket(Fact):
    number: int
    customer_id: str | None
    row: Row
    versions: list[Row]
    tags: frozenset[str]
    opened_at: datetime
    opened_by_agent: bool
    events: list[Row]
    metric_events: list[Row]

    @property
    def ticket_id(self) -> str:
        return f"zendesk:{self.source_record_id}"

    @property
    def is_incident(self) -> bool:
        is_one = self.row["type"] in ("incident", "problem") or bool(self.tags & INCIDENT_TAGS)
        return is_one and not self.tags & {"closed_by_merge", "spam"}

    @property
    def is_reacted_to(self) -> bool:
        """Whether a touch about it is a reaction: on a quality incident or a problem ticket."""
        return self.is_incident or self.row["type"] == "problem"

    @property
    def theme(self) -> str | None:
        return min((tag.removeprefix("theme_") for tag in self.tags if tag.startswith("theme_")), default=None)

    def changes(self, name: str) -> list[tuple[datetime, str | None, str | None]]:
        """Changes of a field by ticket events, oldest first: when, from what, to what."""
        found = []
        for event in self.events:
            for child in event["children"]:
                if kind_of(child) not in ("Create", "Change"):
                    continue
                if child.get("field_name") == name:
                    found.append((event["at"], child.get("previous_value"), child.get("value")))
                elif name in child:
                    found.append((event["at"], child.get("previous_value"), child[name]))
        return found

    def field(self, name: str, as_of: date) -> str | None:
        """A field's value at the end of a day: by ticket events, else by the versions that have landed."""
        changes = self.changes(name)
        if changes:
            known = [after for at, _, after in changes if at.date() <= as_of]
            return known[-1] if known else changes[0][1]
        landed: str | None = self.version(as_of)[name]
        return landed

    def version(self, as_of: date) -> Row:
        """The newest landed version of a day, else the first one."""
        known = [row for row in self.versions if (on := day(row["updated_at"])) and on <= as_of]
        return known[-1] if known else self.versions[0]

    def resolved_at(self, as_of: date) -> datetime | None:
        """The last change from a not-done to a done status that still stands; the metric set's word without events."""
        changes = [change for change in self.changes("status") if change[0].date() <= as_of]
        if self.changes("status"):
            resolved = None
            was_done = False
            for at, before, after in changes:
                was_done = was_done or before in DONE
                if after in DONE and not was_done:
                    resolved = at
                was_done = after in DONE
            return resolved if was_done else None
        version = self.version(as_of)
        if version["status"] not in DONE:
            return None
        solved = instant(json.loads(version["metric_set"] or "{}").get("solved_at"))
        return solved if solved and solved.date() <= as_of else None

    def reopened(self, as_of: date) -> list[datetime]:
        """When it went from done to anything else."""
        found = []
        was_done = False
        for at, before, after in self.changes("status"):
            was_done = was_done or before in DONE
            if was_done and after not in DONE and at.date() <= as_of:
                found.append(at)
            was_done = after in DONE
        return found

    def promised(self, metric: str, as_of: date, instance: str | None = None) -> datetime | None:
        """Due time of a metric by its latest target; of several instances the latest that has one, or the one named."""
        known = [
            event
            for event in self.metric_events
            if event["metric"] == metric
            and event["deleted"] != "true"
            and event["at"].date() <= as_of
            and (instance is None or event["instance_id"] == instance)
        ]
        applied = [event for event in known if event["type"] == "apply_sla"]
        if not applied:
            return None
        latest = max(int(event["instance_id"]) for event in applied)
        events = [event for event in known if int(event["instance_id"]) == latest]
        sla = json.loads([event for event in events if event["type"] == "apply_sla"][-1]["sla"])
        breaches: list[datetime] = [event["at"] for event in events if event["type"] == "breach"]
        if sla.get("business_hours") and breaches:
            return breaches[-1]
        activated: datetime = next((event["at"] for event in events if event["type"] == "activate"), self.opened_at)
        seconds = number(sla.get("target_in_seconds"))
        minutes = number(sla.get("target"))
        if seconds is None and minutes is None:
            return None
        return activated + (timedelta(seconds=seconds) if seconds is not None else timedelta(minutes=minutes or 0))


class Tickets:
    def __init__(self, landing: Landing, identity: Identity) -> None:
        self.landing = landing
        self.identity = identity

    @cached_property
    def is_connected(self) -> bool:
        return self.landing.is_connected("zendesk")

    def by_ticket(self, table: str) -> dict[str, list[Row]]:
        """The newest row of each event of each ticket, oldest event first."""
        found: dict[str, list[Row]] = {}
        for row in self.landing.newest(table).values():
            found.setdefault(row["ticket_id"], []).append(row)
        return found

    @cached_property
    def gone(self) -> set[str]:
        """Tickets that were deleted before the first load: nothing about them ever counts."""
        return {record.source_record_id for record in self.landing.tickets() if not record.counts}

    @cached_property
    def all(self) -> dict[str, Ticket]:
        """Tickets by the vendor's id."""
        events = self.by_ticket("zendesk__ticket_events")
        metric_events = self.by_ticket("zendesk__ticket_metric_events")
        return {
            record.source_record_id: self.ticket(
                record, events.get(record.source_record_id, []), metric_events.get(record.source_record_id, [])
            )
            for record in self.landing.tickets()
            if record.counts
        }

    def ticket(self, record: Record, events: list[Row], metric_events: list[Row]) -> Ticket:
        for event in events:
            event["at"] = instant(event["created_at"]) or instant(event["timestamp"] + "000")
            event["children"] = json.loads(event["child_events"] or "[]")
        for event in metric_events:
            event["at"] = instant(event["time"])
        opened_at = instant(record.row["created_at"])
        assert opened_at
        return Ticket(
            source_system="zendesk",
            source_record_id=record.source_record_id,
            recorded_at=record.recorded_at,
            removed_at=record.removed_at,
            number=int(record.source_record_id),
            customer_id=self.identity.customer_of_organization(record.row["organization_id"]),
            row=record.row,
            versions=record.versions,
            tags=frozenset(tag.lower() for tag in json.loads(record.row["tags"] or "[]")),
            opened_at=opened_at,
            opened_by_agent=self.identity.is_agent(record.row["submitter_id"]),
            events=sorted(events, key=lambda event: (event["at"], int(event["id"]))),
            metric_events=sorted(metric_events, key=lambda event: (event["at"], int(event["id"]))),
        )

    @cached_property
    def comments(self) -> dict[str, list[Comment]]:
        """Comments of each ticket by the vendor's id of the ticket, oldest first; the opening one is the first."""
        found: dict[str, list[Comment]] = {}
        for key, ticket in self.all.items():
            comments = [
                self.comment(ticket, event, child)
                for event in ticket.events
                for child in event["children"]
                if kind_of(child) == "Comment"
            ]
            found[key] = sorted(comments, key=lambda comment: (comment.at, int(comment.source_record_id)))
        return found

    def comment(self, ticket: Ticket, event: Row, child: Row) -> Comment:
        at = instant(child.get("created_at")) or event["at"]
        author = str(child.get("author_id") or event["updater_id"])
        return Comment(
            source_system="zendesk",
            source_record_id=str(child["id"]),
            recorded_at=max(at, ticket.recorded_at),
            removed_at=ticket.removed_at,
            ticket=ticket,
            author_id=author,
            is_agent=self.identity.is_agent(author),
            is_public=bool(child.get("public")),
            body=child.get("body") or child.get("html_body") or "",
            at=at,
        )

    def known_comments(self, ticket: Ticket, as_of: date) -> list[Comment]:
        return [comment for comment in self.comments[ticket.source_record_id] if comment.known(as_of)]

    def first_responded_at(self, ticket: Ticket, as_of: date) -> datetime | None:
        """The first public agent comment after the opening one."""
        later = self.known_comments(ticket, as_of)[1:]
        return next((comment.at for comment in later if comment.is_public and comment.is_agent), None)

    def last_word_at(self, ticket: Ticket, as_of: date) -> datetime | None:
        """Our last public comment."""
        spoken = [c.at for c in self.known_comments(ticket, as_of) if c.is_public and c.is_agent]
        return spoken[-1] if spoken else None

    @cache  # noqa: B019 - an instance lives as long as one test
    def first_response(self, ticket_id: str, as_of: date) -> Promise | None:
        ticket = self.all[ticket_id]
        due = ticket.promised("reply_time", as_of, instance="1")
        return Promise(due, self.first_responded_at(ticket, as_of)) if due else None

    @cache  # noqa: B019 - an instance lives as long as one test
    def resolution(self, ticket_id: str, as_of: date) -> Promise | None:
        """The target for resolution, else for the requester's wait, else the ticket's own due time."""
        ticket = self.all[ticket_id]
        due = ticket.promised("resolution_time", as_of) or ticket.promised("requester_wait_time", as_of)
        due = due or instant(ticket.version(as_of)["due_at"])
        return Promise(due, ticket.resolved_at(as_of)) if due else None


def kind_of(child: Row) -> Any:
    """Kind of a child event: the export and the audits spell it differently."""
    return child.get("event_type") or child.get("type")
