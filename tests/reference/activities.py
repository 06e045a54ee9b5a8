"""HubSpot's calls, meetings, e-mails, communications and notes in one shape; which of them touch is in touches.py."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from tests.reference.days import instant, number
from tests.reference.deals import Deals
from tests.reference.identity import Contact, Identity
from tests.reference.landing import Fact, Landing, Record, Row

KINDS = {"call": "calls", "meeting": "meetings", "email": "emails", "communication": "communications", "note": "notes"}
MEETING_CHANNELS = {"field visit": "field_visit", "event": "event", "webinar": "webinar"}
NOT_MET = ("NO_SHOW", "CANCELED", "RESCHEDULED", "SCHEDULED")


@dataclass(frozen=True, kw_only=True)
class Activity(Fact):
    kind: str
    customer_id: str | None
    contacts: tuple[Contact, ...]
    employee_id: str | None
    occurred_at: datetime
    activity_type: str
    title: str | None
    body: str | None
    minutes: float | None
    properties: Row

    @property
    def channel(self) -> str:
        if self.kind == "meeting":
            return MEETING_CHANNELS.get(self.activity_type.lower(), "meeting")
        return "message" if self.kind == "communication" else self.kind

    @property
    def is_held(self) -> bool:
        """Whether both sides spoke: a completed call, a completed meeting or a past one without outcome."""
        if self.kind == "call":
            return (self.properties.get("hs_call_status") or "").upper() == "COMPLETED"
        return (self.properties.get("hs_meeting_outcome") or "").upper() in ("COMPLETED", "")

    @property
    def is_account_review(self) -> bool:
        """A session of the account team among themselves."""
        is_one = self.kind in ("note", "meeting") and self.activity_type.lower() == "account review"
        return is_one and (self.kind == "note" or self.is_held)


class Activities:
    def __init__(self, landing: Landing, identity: Identity, deals: Deals) -> None:
        self.landing = landing
        self.identity = identity
        self.deals = deals

    @cached_property
    def all(self) -> list[Activity]:
        return [
            activity
            for kind, table in KINDS.items()
            for record in self.landing.hubspot(f"hubspot__{table}")
            if record.counts and (activity := self.activity(kind, record)) is not None
        ]

    def activity(self, kind: str, record: Record) -> Activity | None:
        """The record in the common shape; null where it does not say when it happened."""
        properties = record.properties
        occurred = instant(properties.get("hs_meeting_start_time" if kind == "meeting" else "hs_timestamp"))
        if occurred is None:
            return None
        minutes = None
        if kind == "call" and (milliseconds := number(properties.get("hs_call_duration"))) is not None:
            minutes = milliseconds / 60_000
        if kind == "meeting" and (ended := instant(properties.get("hs_meeting_end_time"))) is not None:
            minutes = (ended - occurred).total_seconds() / 60
        titles = {"call": "hs_call_title", "meeting": "hs_meeting_title", "email": "hs_email_subject"}
        bodies = {"communication": "hs_communication_body", "note": "hs_note_body", "call": "hs_call_body"}
        bodies |= {"meeting": "hs_meeting_body", "email": "hs_email_text"}
        return Activity(
            source_system="hubspot",
            source_record_id=record.source_record_id,
            recorded_at=record.recorded_at,
            removed_at=record.removed_at,
            kind=kind,
            customer_id=self.customer_of(record),
            contacts=tuple(self.identity.contacts_of(record)),
            employee_id=self.identity.employee_of_owner(properties.get("hubspot_owner_id")),
            occurred_at=occurred,
            activity_type=properties.get("hs_activity_type") or "",
            title=properties.get(titles.get(kind, "")),
            body=properties.get(bodies[kind]) or (properties.get("hs_email_html") if kind == "email" else None),
            minutes=minutes,
            properties=properties,
        )

    def customer_of(self, record: Record) -> str | None:
        """The associated company, else the first contact's company, else the first deal's."""
        named = [
            self.identity.customer_of(record),
            *(contact.customer_id for contact in self.identity.contacts_of(record)),
            *(self.deals.customers.get(int(key)) for key in record.associated_ids("deals")),
        ]
        return next((customer for customer in named if customer is not None), None)

    @cached_property
    def account_reviews(self) -> list[Activity]:
        return [activity for activity in self.all if activity.is_account_review]
