"""Voice of the customer: what was heard, by hashtags in CRM bodies and tags on tickets, and what was acted on since."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache, cached_property

from tests.reference.activities import Activities
from tests.reference.days import instant
from tests.reference.deals import Deals
from tests.reference.files import Files, told_at
from tests.reference.identity import Identity
from tests.reference.landing import Fact, Row
from tests.reference.phrases import seen
from tests.reference.tickets import Tickets

KINDS = ("expectation", "preference", "aversion", "warning", "opportunity")


@dataclass(frozen=True, kw_only=True)
class Voice(Fact):
    voice_id: str
    customer_id: str | None
    heard_at: datetime
    kind: str
    theme: str | None
    employee_id: str | None
    channel: str | None
    quote: str | None
    department: str | None = None
    name_in_file: str | None = None
    told_acted_on: tuple[tuple[datetime, datetime | None], ...] = ()

    @property
    def on(self) -> date:
        return self.heard_at.date()

    @property
    def name(self) -> str:
        """What people who acted on it call it: the vendor's record id, of a file the voice_id in it."""
        return as_typed(self.name_in_file or self.source_record_id)

    def told_acted_on_at(self, as_of: date) -> datetime | None:
        """When it was acted on, as the newest file of a day has it."""
        told = [at for recorded_at, at in self.told_acted_on if recorded_at.date() <= as_of]
        return told[-1] if told and told[-1] and told[-1].date() <= as_of else None


@dataclass(frozen=True, kw_only=True)
class Act(Fact):
    """A later note, deal or ticket that says it acts on something heard."""

    customer_id: str | None
    at: datetime
    names: frozenset[str]
    themes: frozenset[str]

    def acts_on(self, voice: Voice) -> bool:
        named = voice.name in self.names or voice.theme in self.themes
        return named and self.customer_id == voice.customer_id and self.at > voice.heard_at


class Voices:
    def __init__(
        self, identity: Identity, activities: Activities, deals: Deals, tickets: Tickets, files: Files
    ) -> None:
        self.identity = identity
        self.activities = activities
        self.deals = deals
        self.tickets = tickets
        self.files = files

    @cached_property
    def all(self) -> list[Voice]:
        return [*self.from_activities(), *self.from_tickets(), *self.from_files()]

    @cached_property
    def acts(self) -> dict[str | None, list[Act]]:
        """Acts of each customer, earliest first."""
        found: dict[str | None, list[Act]] = {}
        for act in sorted(self.all_acts(), key=lambda act: act.at):
            found.setdefault(act.customer_id, []).append(act)
        return found

    @cached_property
    def by_customer(self) -> dict[str | None, list[Voice]]:
        found: dict[str | None, list[Voice]] = {}
        for voice in self.all:
            found.setdefault(voice.customer_id, []).append(voice)
        return found

    def known(self, customer_id: str | None, as_of: date) -> list[Voice]:
        """What was heard at a customer, as known at the end of a day, earliest first."""
        found = [v for v in self.by_customer.get(customer_id, []) if v.known(as_of) and v.on <= as_of]
        return sorted(found, key=lambda voice: (voice.heard_at, voice.voice_id))

    @cache  # noqa: B019 - an instance lives as long as one test
    def acted_on_at(self, voice: Voice, as_of: date) -> datetime | None:
        acts = self.acts.get(voice.customer_id, []) if voice.customer_id else []
        found = [a.at for a in acts if a.known(as_of) and a.at.date() <= as_of and a.acts_on(voice)]
        told = voice.told_acted_on_at(as_of)
        return min([*found, *([told] if told else [])], default=None)

    def from_activities(self) -> Iterator[Voice]:
        for activity in self.activities.all:
            if activity.kind in ("note", "call", "meeting"):
                themes = hashtags(activity.body, "theme")
                for kind in dict.fromkeys(kind for kind in hashtags(activity.body, "voc") if kind in KINDS):
                    yield Voice(
                        source_system="hubspot",
                        source_record_id=activity.source_record_id,
                        recorded_at=activity.recorded_at,
                        removed_at=activity.removed_at,
                        voice_id=f"hubspot:{activity.kind}:{activity.source_record_id}:{kind}",
                        customer_id=activity.customer_id,
                        heard_at=activity.occurred_at,
                        kind=kind,
                        theme=themes[0] if themes else None,
                        employee_id=activity.employee_id,
                        channel=activity.channel,
                        quote=quote_of(activity.body),
                    )

    def from_tickets(self) -> Iterator[Voice]:
        for key, ticket in self.tickets.all.items():
            for kind in KINDS:
                if f"voc_{kind}" in ticket.tags:
                    yield Voice(
                        source_system="zendesk",
                        source_record_id=key,
                        recorded_at=ticket.recorded_at,
                        removed_at=ticket.removed_at,
                        voice_id=f"zendesk:ticket:{key}:{kind}",
                        customer_id=ticket.customer_id,
                        heard_at=ticket.opened_at,
                        kind=kind,
                        theme=ticket.theme,
                        employee_id=self.identity.employee_of_agent(ticket.row["assignee_id"]),
                        channel="ticket_reply",
                        quote=quote_of(ticket.row["description"] or ticket.row["subject"]),
                    )

    def from_files(self) -> Iterator[Voice]:
        """What a file tells; when it was acted on counts from the file that says so."""
        heard = told_at("heard_at")
        versions = self.files.versions("voice_of_customer", heard)
        for entry in self.files.newest("voice_of_customer", heard):
            row = entry.row
            yield Voice(
                source_system=entry.source_system,
                source_record_id=entry.source_record_id,
                recorded_at=entry.recorded_at,
                removed_at=entry.removed_at,
                voice_id=f"files:{entry.key}",
                customer_id=self.identity.customer_of_id(row["customer_id"]),
                heard_at=heard(row),
                kind=row["kind"],
                theme=row["theme"],
                employee_id=self.identity.employee_of_id(row["employee_id"]),
                channel=row["channel"],
                quote=row["quote"],
                department=row["department"],
                name_in_file=entry.key,
                told_acted_on=tuple((version.recorded_at, acted_on(version.row)) for version in versions[entry.key]),
            )

    def all_acts(self) -> Iterator[Act]:
        for activity in self.activities.all:
            if activity.kind == "note":
                yield from act_of(activity, activity.customer_id, activity.occurred_at, activity.body, None)
        for deal in self.deals.all:
            yield from act_of(deal, deal.customer_id, deal.recorded_at, deal.properties.get("dealname"), None)
        for ticket in self.tickets.all.values():
            text = f"{ticket.row['subject'] or ''} {ticket.row['description'] or ''}"
            yield from act_of(ticket, ticket.customer_id, ticket.opened_at, text, ticket.theme)


def acted_on(row: Row) -> datetime | None:
    """When a file says that somebody acted; of the day of hearing it may name the day alone, and means later."""
    heard, acted = instant(row["heard_at"]), instant(row["acted_on_at"])
    return max(heard, acted) if heard and acted and heard.date() == acted.date() else acted


def act_of(fact: Fact, customer_id: str | None, at: datetime, text: str | None, theme: str | None) -> Iterator[Act]:
    """What a text says it acts on: single records by id, or whatever has its theme."""
    names = frozenset(as_typed(name) for name in hashtags(text, "acted"))
    acts_on_theme = re.search(r"#acted(?![\w-])", seen(text).lower()) is not None
    themes = hashtags(text, "theme") or ([theme] if theme else [])
    if names or acts_on_theme:
        yield Act(
            source_system=fact.source_system,
            source_record_id=fact.source_record_id,
            recorded_at=fact.recorded_at,
            removed_at=fact.removed_at,
            customer_id=customer_id,
            at=at,
            names=names,
            themes=frozenset(themes[:1]) if acts_on_theme else frozenset(),
        )


def quote_of(text: str | None) -> str | None:
    """What was written, without the hashtags."""
    return " ".join(re.sub(r"#(voc|theme|acted)(-\w+)?", " ", seen(text)).split()) or None


def hashtags(text: str | None, name: str) -> list[str]:
    """What stands after `#<name>-` in a text, in its order."""
    return re.findall(rf"#{name}-([\w-]*\w)", seen(text).lower())


def as_typed(name: str) -> str:
    """A name as it can be typed in a hashtag: whatever is neither letter nor digit becomes a hyphen between words."""
    return "-".join(re.findall(r"[^\W_]+", name.lower()))
