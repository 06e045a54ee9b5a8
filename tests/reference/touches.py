"""Touches: interactions of one of our people or programmes with one customer, and what they are worth."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache, cached_property

from tests.reference.activities import NOT_MET, Activities, Activity
from tests.reference.days import instant, number
from tests.reference.files import FileRow, Files, told_at
from tests.reference.identity import Contact, Identity
from tests.reference.landing import Fact
from tests.reference.phrases import Verdict, verdict
from tests.reference.surveys import Survey, Surveys
from tests.reference.tickets import Comment, Ticket, Tickets

TWO_WAY = ("call", "meeting", "field_visit", "event")
MESSAGES = ("SMS", "WHATS_APP", "WHATSAPP", "LINKEDIN_MESSAGE", "LINKEDIN")
UNSENT = ("DRAFT", "SCHEDULED", "FAILED", "BOUNCED")


@dataclass(frozen=True, kw_only=True)
class Touch(Fact):
    touch_id: str
    customer_id: str | None
    employee_id: str | None
    contacts: tuple[Contact, ...]
    occurred_at: datetime
    channel: str
    direction: str
    about: tuple[Ticket, ...]
    answers_ticket: Ticket | None
    substance: str
    substance_rule: str | None
    theme: str | None
    is_education: bool
    is_sales: bool
    is_holding_reply: bool
    is_two_way: bool
    duration_minutes: float | None
    customer_talk_share: float | None

    @property
    def on(self) -> date:
        return self.occurred_at.date()

    @property
    def is_heard(self) -> bool:
        """Whether the customer was heard in it."""
        return self.direction == "inbound" or self.is_two_way

    def initiative(self, as_of: date) -> str:
        if self.direction == "inbound":
            return "customer"
        if any(ticket.is_reacted_to and ticket.known(as_of) for ticket in self.about):
            return "reactive"
        if self.answers_ticket is not None and not self.answers_ticket.opened_by_agent:
            return "customer"
        return "proactive"

    def is_pulse_check(self, as_of: date) -> bool:
        matters = self.substance == "substantive" and not self.is_sales
        return matters and self.is_two_way and self.initiative(as_of) == "proactive"

    def contacts_known(self, as_of: date) -> list[Contact]:
        return [contact for contact in self.contacts if contact.counts and contact.known(as_of)]


class Touches:
    def __init__(
        self, identity: Identity, activities: Activities, tickets: Tickets, surveys: Surveys, files: Files
    ) -> None:
        self.identity = identity
        self.activities = activities
        self.tickets = tickets
        self.surveys = surveys
        self.files = files

    @cached_property
    def all(self) -> list[Touch]:
        """Touches that count at some time, in no order."""
        return [*self.from_activities(), *self.from_comments(), *self.from_surveys(), *self.from_files()]

    @cached_property
    def by_customer(self) -> dict[str | None, list[Touch]]:
        found: dict[str | None, list[Touch]] = {}
        for touch in self.all:
            found.setdefault(touch.customer_id, []).append(touch)
        return found

    @cache  # noqa: B019 - an instance lives as long as one test
    def known(self, customer_id: str | None, as_of: date) -> list[Touch]:
        return [touch for touch in self.by_customer.get(customer_id, []) if touch.known(as_of) and touch.on <= as_of]

    def from_activities(self) -> Iterator[Touch]:
        for activity in self.activities.all:
            direction = direction_of(activity)
            if direction is not None:
                yield self.from_activity(activity, direction)

    def from_activity(self, activity: Activity, direction: str) -> Touch:
        said = verdict(activity.activity_type, activity.title, activity.body)
        substance, rule, theme = said.substance, said.rule, said.theme
        if activity.kind == "call" and not activity.is_held:
            substance, rule, theme = "administrative", "not_held", None
        elif rule is None and activity.channel in TWO_WAY[1:] and activity.is_held and (activity.minutes or 0) >= 20:
            substance, rule = "substantive", "held_meeting"
        offering = activity.properties.get("offering") or None
        named = [self.tickets.all.get(key) for key in re.findall(r"\[#(\d+)\]", activity.title or "")]
        return Touch(
            source_system="hubspot",
            source_record_id=activity.source_record_id,
            recorded_at=activity.recorded_at,
            removed_at=activity.removed_at,
            touch_id=f"hubspot:{activity.kind}:{activity.source_record_id}",
            customer_id=activity.customer_id,
            employee_id=activity.employee_id,
            contacts=activity.contacts,
            occurred_at=activity.occurred_at,
            channel=activity.channel,
            direction=direction,
            about=tuple(ticket for ticket in named if ticket is not None),
            answers_ticket=None,
            substance=substance,
            substance_rule=rule,
            theme=offering if said.is_sales and offering else theme,
            is_education=theme == "education",
            is_sales=said.is_sales,
            is_holding_reply=direction == "outbound" and said.is_holding,
            is_two_way=activity.channel in TWO_WAY and activity.is_held,
            duration_minutes=activity.minutes,
            customer_talk_share=number(activity.properties.get("customer_talk_share")),
        )

    def from_comments(self) -> Iterator[Touch]:
        for comments in self.tickets.comments.values():
            for comment in comments:
                if comment.is_public:
                    said = verdict(None, None, comment.body)
                    if comment.is_agent and said.rule is None:
                        said = Verdict("substantive", "ticket_answer", None, said.is_sales, said.is_holding)
                    yield self.from_comment(comment, said)

    def from_comment(self, comment: Comment, said: Verdict) -> Touch:
        contact = self.identity.contact_of_user(comment.ticket.row["requester_id"])
        return self.about_ticket(
            comment,
            said,
            touch_id=f"zendesk:comment:{comment.source_record_id}",
            ticket=comment.ticket,
            contacts=(contact,) if contact else (),
            occurred_at=comment.at,
            channel="ticket_reply",
            direction="outbound" if comment.is_agent else "inbound",
            employee_id=self.identity.employee_of_agent(comment.author_id) if comment.is_agent else None,
        )

    def from_surveys(self) -> Iterator[Touch]:
        for versions in self.surveys.versions.values():
            first = versions[0]
            if first.sent_at is not None:
                said = Verdict("administrative", "survey_sent", None, False, False)
                yield self.from_survey(first, first, said, "outbound")
            answered = [version for version in versions if version.responded_at is not None]
            for version, following in zip(answered, [*answered[1:], *answered[-1:]], strict=True):
                yield self.from_survey(version, following, verdict(None, None, version.comment), "inbound")

    def from_survey(self, survey: Survey, following: Survey, said: Verdict, direction: str) -> Touch:
        """The touch of sending a survey or of its answer, which counts until a later version answers otherwise."""
        occurred_at = survey.sent_at if direction == "outbound" else survey.responded_at
        assert occurred_at
        touch_id = survey.survey_response_id
        if survey.source_system == "zendesk":
            touch_id += ":sent" if direction == "outbound" else ":answered"
        return self.about_ticket(
            survey,
            said,
            touch_id=touch_id,
            ticket=survey.ticket,
            contacts=survey.contacts,
            occurred_at=occurred_at,
            channel="survey",
            direction=direction,
            employee_id=None,
            customer_id=survey.customer_id,
            removed_at=survey.removed_at if following is survey else following.recorded_at,
        )

    def from_files(self) -> Iterator[Touch]:
        for entry in self.files.newest("touches", told_at("occurred_at")):
            yield self.from_file(entry)

    def from_file(self, entry: FileRow) -> Touch:
        """A touch told by a file, which says itself what it was worth; a call or meeting in it was held."""
        row = entry.row
        occurred_at = instant(row["occurred_at"])
        assert occurred_at
        contact = self.identity.contact_of_id(row["contact_id"])
        substance = row["substance"] or "unclassified"
        return Touch(
            source_system=entry.source_system,
            source_record_id=entry.source_record_id,
            recorded_at=entry.recorded_at,
            removed_at=entry.removed_at,
            touch_id=f"files:{entry.key}",
            customer_id=self.identity.customer_of_id(row["customer_id"]),
            employee_id=self.identity.employee_of_id(row["employee_id"]),
            contacts=(contact,) if contact else (),
            occurred_at=occurred_at,
            channel=row["channel"],
            direction=row["direction"],
            about=(),
            answers_ticket=None,
            substance=substance,
            substance_rule="file" if row["substance"] else None,
            theme=row["theme"],
            is_education=row["theme"] == "education",
            is_sales=row["is_sales"] == "true" or substance == "sales",
            is_holding_reply=row["is_holding_reply"] == "true",
            is_two_way=row["channel"] in TWO_WAY,
            duration_minutes=number(row["duration_minutes"]),
            customer_talk_share=number(row["customer_talk_share"]),
        )

    def about_ticket(
        self,
        fact: Comment | Survey,
        said: Verdict,
        *,
        touch_id: str,
        ticket: Ticket | None,
        contacts: tuple[Contact, ...],
        occurred_at: datetime,
        channel: str,
        direction: str,
        employee_id: str | None,
        customer_id: str | None = None,
        removed_at: datetime | None = None,
    ) -> Touch:
        return Touch(
            source_system=fact.source_system,
            source_record_id=fact.source_record_id,
            recorded_at=fact.recorded_at,
            removed_at=removed_at or fact.removed_at,
            touch_id=touch_id,
            customer_id=ticket.customer_id if ticket else customer_id,
            employee_id=employee_id,
            contacts=contacts,
            occurred_at=occurred_at,
            channel=channel,
            direction=direction,
            about=(ticket,) if ticket else (),
            answers_ticket=ticket if channel == "ticket_reply" else None,
            substance=said.substance,
            substance_rule=said.rule,
            theme=said.theme,
            is_education=said.theme == "education",
            is_sales=said.is_sales,
            is_holding_reply=direction == "outbound" and said.is_holding,
            is_two_way=False,
            duration_minutes=None,
            customer_talk_share=None,
        )


def direction_of(activity: Activity) -> str | None:
    """Who reached out; null where the activity is no touch. No rule is shipped that makes a note one."""
    properties = activity.properties
    if activity.kind == "call":
        return "inbound" if properties.get("hs_call_direction") == "INBOUND" else "outbound"
    if activity.kind == "meeting":
        is_met = (properties.get("hs_meeting_outcome") or "").upper() not in NOT_MET
        return "outbound" if is_met and activity.activity_type.lower() != "account review" else None
    if activity.kind == "email":
        if (properties.get("hs_email_status") or "").upper() in UNSENT:
            return None
        return {"INCOMING_EMAIL": "inbound", "EMAIL": "outbound"}.get(properties.get("hs_email_direction") or "")
    if activity.kind == "communication":
        return "outbound" if (properties.get("hs_communication_channel_type") or "") in MESSAGES else None
    return None
