"""What was written on each ticket, and the stream of ticket events that tells of it and of every change."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random
from typing import Any

from dagster_project.demo.timeline import DAY, HOUR, MINUTE, Record, Seed, at_work, iso_seconds

FIRST_EVENT_ID = 91_000_000_001
CHILDREN_AN_EVENT = 20
AUTOMATION = -1

FIRST_ANSWERS = (
    "Thank you for your report. An engineer looks at it today.",
    "We have received it and started.\n\n-- \nNordhaven Support",
    "Could you tell us the serial number?",
)
QUESTIONS = (
    "Please send us a photo of the plate.",
    "Does it happen with the guard closed as well?",
    "We have ordered the part.",
)
HOLDING = (
    "We are still looking into it.",
    "There is no update yet from the factory.",
    "I will get back to you tomorrow.",
    "Still no answer from the supplier, sorry.",
)
ANSWERS = (
    "The cause was a loose connector; it is resolved.",
    "The new parameter set is loaded. Please test it.",
    "Replaced on site, the line runs again.",
)
REPLIES = (
    "Here it is.",
    "Yes, every morning.\n\nOn Monday the support wrote:\n> Please send us a photo of the plate.",
    "It works, thank you.",
)
AGAIN = ("It happened again this morning.", "Not fixed, same alarm as before.")
INTERNAL = ("Waiting for the drawing office.", "Customer is angry, handle with care.", "Spare part is on order.")


@dataclass(slots=True)
class Comment:
    """Something written on a ticket; private ones are seen by agents only."""

    at: int
    author_id: int
    body: str
    is_public: bool = True


@dataclass(slots=True)
class TicketEvent:
    """One update of one ticket: its comments and changes, as the incremental export spells them."""

    ticket: Record
    at: int
    updater_id: int
    comments: list[Comment] = field(default_factory=list)
    changes: list[dict[str, Any]] = field(default_factory=list)
    id: int = 0


def converse(seed: Seed, tickets: list[Record], shift: int = 0) -> list[TicketEvent]:
    """Every update of every ticket, numbered in the order they were made."""
    events: list[TicketEvent] = []
    for ticket in tickets:
        rng = Random(f"{seed}/conversation/{ticket.id}")
        written = conversation(rng, ticket)
        standing = [c for c in written if ticket.archived_at is None or c.at < ticket.archived_at]
        for comment in standing:
            ticket.touch(comment.at)
        events.extend(updates_of(ticket, standing))
    events.sort(key=lambda event: (event.at, event.ticket.id))
    for position, event in enumerate(events):
        event.id = FIRST_EVENT_ID + shift + position * CHILDREN_AN_EVENT
    return events


def conversation(rng: Random, ticket: Record) -> list[Comment]:
    """The first words, answers with each change of status, questions, excuses, and notes among colleagues."""
    fixed = ticket.fixed
    comments = [Comment(ticket.created_at, fixed["submitter_id"], fixed["description"])]
    steps = ticket.changes.get("status", [])
    agents = [change.value for change in ticket.changes.get("assignee_id", []) if change.value is not None]
    agent = agents[-1] if agents else fixed.get("assignee_id") or fixed["submitter_id"]
    requester = fixed["requester_id"]
    before = "new"
    first = True
    for step in steps:
        match (before, step.value):
            case (_, "open") if first and before == "new":
                comments.append(Comment(step.at, agent, rng.choice(FIRST_ANSWERS)))
                first = False
            case ("solved", "open"):
                comments.append(Comment(step.at, requester, rng.choice(AGAIN)))
            case (_, "pending" | "hold"):
                words = HOLDING if step.value == "hold" or rng.random() < 0.3 else QUESTIONS
                comments.append(Comment(step.at, agent, rng.choice(words)))
            case ("pending" | "hold", "open"):
                comments.append(Comment(step.at, requester, rng.choice(REPLIES)))
            case (_, "solved"):
                comments.append(Comment(step.at, agent, rng.choice(ANSWERS)))
        before = step.value
    return comments + asides(rng, comments, agent, requester)


def asides(rng: Random, comments: list[Comment], agent: int, requester: int) -> list[Comment]:
    """Between the first answer and the last one: colleagues among themselves, excuses, and a customer who asks."""
    if len(comments) < 3:
        return []
    begun, ended = comments[1].at, comments[-1].at
    found = []
    if ended - begun > 4 * HOUR:
        middle = begun + (ended - begun) // 2
        if rng.random() < 0.25:
            found.append(Comment(at_work(begun + (ended - begun) // 4), agent, rng.choice(INTERNAL), is_public=False))
        if ended - begun > 3 * DAY and rng.random() < 0.4:
            found.append(Comment(at_work(middle), requester, "Is there any news?"))
            found.append(Comment(at_work(middle + 40 * MINUTE), agent, rng.choice(HOLDING)))
    return [comment for comment in found if begun < comment.at < ended]


def updates_of(ticket: Record, comments: list[Comment]) -> list[TicketEvent]:
    """One event a moment. The first creates the ticket with each field of its own; surveys hang on where they fell."""
    fixed = ticket.fixed
    agents = [change.value for change in ticket.changes.get("assignee_id", []) if change.value is not None]
    agent = agents[-1] if agents else AUTOMATION
    by_moment: dict[int, TicketEvent] = {}

    def at(moment: int, updater_id: int) -> TicketEvent:
        return by_moment.setdefault(moment, TicketEvent(ticket, moment, updater_id))

    opening = at(ticket.created_at, fixed["submitter_id"])
    for name, field_name in CREATED_WITH:
        value = ticket.value(name, ticket.created_at)
        if value not in (None, []):
            opening.changes.append({field_name: value, "event_type": "Create"})
    for comment in comments:
        at(comment.at, comment.author_id).comments.append(comment)
    for name in ("status", "priority", "assignee_id", "tags"):
        before = ticket.value(name, ticket.created_at)
        for change in ticket.changes.get(name, ()):
            if change.at <= ticket.created_at or (ticket.archived_at is not None and change.at >= ticket.archived_at):
                continue
            event = at(change.at, AUTOMATION if change.value == "closed" else agent)
            event.changes.append(change_of(name, change.value, before))
            before = change.value
    for moment, updater_id, words in ticket.fixed.get("surveys", ()):
        at(moment, updater_id).changes.append(words)
    return list(by_moment.values())


CREATED_WITH = (
    ("subject", "subject"),
    ("status", "status"),
    ("priority", "priority"),
    ("kind", "type"),
    ("tags", "tags"),
    ("requester_id", "requester_id"),
    ("organization_id", "organization_id"),
    ("assignee_id", "assignee_id"),
)


def change_of(name: str, value: Any, before: Any) -> dict[str, Any]:
    change = {name: value, "previous_value": before, "event_type": "Change"}
    if name == "tags":
        change["added_tags"] = [tag for tag in value if tag not in before]
        change["removed_tags"] = [tag for tag in before if tag not in value]
    return change


def children_of(event: TicketEvent, with_comments: bool) -> list[dict[str, Any]]:
    """The event's parts. Without the side-load a comment is a mere mention that there was one."""
    children: list[dict[str, Any]] = []
    for comment in event.comments:
        number = event.id + 1 + len(children)
        via = {"channel": "email", "source": {"from": {}, "to": {}, "rel": None}}
        if with_comments:
            children.append(
                {
                    "id": number,
                    "via": via,
                    "via_reference_id": None,
                    "type": "Comment",
                    "author_id": comment.author_id,
                    "body": comment.body,
                    "html_body": f'<div class="zd-comment" dir="auto">{comment.body}</div>',
                    "public": comment.is_public,
                    "attachments": [],
                    "audit_id": event.id,
                    "created_at": iso_seconds(comment.at),
                    "event_type": "Comment",
                }
            )
        else:
            children.append(
                {
                    "id": number,
                    "via": "Mail",
                    "via_reference_id": None,
                    "comment_present": True,
                    "comment_public": comment.is_public,
                    "event_type": "Comment",
                }
            )
    for change in event.changes:
        children.append({"id": event.id + 1 + len(children), "via": "Web form", "via_reference_id": None, **change})
    return children
