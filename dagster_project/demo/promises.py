"""Service promises: the policies, and the stream of what was promised on each ticket and whether it was kept."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Any

from dagster_project.demo.timeline import DAY, HOUR, MINUTE, Record, Seed, day_of, start_of, working_day

FIRST_METRIC_EVENT_ID = 926_000_000_001
PRIORITIES = ("urgent", "high", "normal", "low")


@dataclass(frozen=True, slots=True)
class Policy:
    """Minutes until the first answer and until the fix, by priority. The vendor has two names for each metric."""

    id: int
    title: str
    description: str
    segments: tuple[str, ...]
    fix_metric: str
    reply_minutes: tuple[int, int, int, int]
    fix_minutes: tuple[int, int, int, int]
    in_business_hours: bool = False

    def targets(self, priority: str) -> dict[str, int]:
        """Minutes by metric, in the names of the metric events."""
        rank = PRIORITIES.index(priority)
        return {"reply_time": self.reply_minutes[rank], self.fix_metric: self.fix_minutes[rank]}


NAMES_IN_POLICIES = {
    "reply_time": "first_reply_time",
    "resolution_time": "total_resolution_time",
    "requester_wait_time": "requester_wait_time",
}
POLICIES = (
    Policy(
        25, "Uptime guarantee", "Enterprise customers", ("enterprise",), "requester_wait_time",
        (180, 300, 420, 600), (2_880, 5_760, 11_520, 17_280),
    ),
    Policy(
        36, "Service contract", "Everybody with a service contract", ("mid_market",), "resolution_time",
        (240, 360, 480, 720), (4_320, 7_200, 14_400, 24_480),
    ),
    Policy(
        41, "Basic, business hours", "Small customers", ("small_business",), "resolution_time",
        (240, 420, 600, 1_200), (1_800, 3_000, 6_600, 10_200), in_business_hours=True,
    ),
)  # fmt: skip
CREATED_AT = "2022-01-10T09:00:00Z"


@dataclass(slots=True)
class MetricEvent:
    """One step of one metric of one ticket; `instance` counts how often the metric was started."""

    ticket: Record
    at: int
    metric: str
    instance: int
    type: str
    extra: dict[str, Any]
    id: int = 0


def policy_of(segment: str) -> Policy:
    return next(policy for policy in POLICIES if segment in policy.segments)


def due_at(policy: Policy, since: int, minutes: int) -> int:
    """By the calendar, or counting the hours from 08:00 to 18:00 of working days only."""
    if not policy.in_business_hours:
        return since + minutes * MINUTE
    left, moment = minutes * MINUTE, since
    while True:
        day = day_of(moment)
        opens, closes = start_of(day) + 8 * HOUR, start_of(day) + 18 * HOUR
        if working_day(day) == day:
            begins = max(moment, opens)
            if begins + left <= closes:
                return begins + left
            left -= max(0, closes - begins)
        moment = start_of(day) + DAY


def promised(ticket: Record, segment: str) -> dict[str, list[tuple[int, int]]]:
    """By metric, the (moment of the promise, due moment) of each target as priorities changed; empty without one."""
    policy = policy_of(segment)
    found: dict[str, list[tuple[int, int]]] = {}
    if ticket.fixed.get("kind") not in ("incident", "problem"):
        return found
    for at, priority in priorities(ticket):
        if priority is not None:
            for metric, minutes in policy.targets(priority).items():
                found.setdefault(metric, []).append((at, due_at(policy, ticket.created_at, minutes)))
    return found


def priorities(ticket: Record) -> list[tuple[int, str | None]]:
    changes = ticket.changes.get("priority")
    if changes is None:
        return [(ticket.created_at, ticket.fixed.get("priority"))]
    first = [] if changes[0].at == ticket.created_at else [(ticket.created_at, None)]
    return first + [(change.at, change.value) for change in changes]


def is_solved(status: str) -> bool:
    return status in ("solved", "closed")


def answered_at(ticket: Record) -> int | None:
    """When an agent first wrote to the customer: with the ticket's first step from new to open."""
    steps = ticket.changes.get("status", ())
    return next((step.at for step in steps if step.value == "open"), None)


def first_solved_at(ticket: Record) -> int | None:
    steps = ticket.changes.get("status", ())
    return next((step.at for step in steps if is_solved(step.value)), None)


def broken(ticket: Record, segment: str) -> bool | None:
    """Whether any promise of a ticket that is done was broken; None where nothing was promised."""
    promises = promised(ticket, segment)
    if not promises:
        return None
    for metric, made in promises.items():
        done_at = done_by(ticket, metric)
        if done_at is None or done_at > standing_due(made, done_at):
            return True
    return False


def done_by(ticket: Record, metric: str) -> int | None:
    return answered_at(ticket) if metric == "reply_time" else first_solved_at(ticket)


def standing_due(promises: list[tuple[int, int]], done_at: int | None) -> int:
    """Of the targets applied until the metric was fulfilled, the last one's."""
    return [due for at, due in promises if done_at is None or at < done_at or at == promises[0][0]][-1]


def measure(seed: Seed, tickets: list[tuple[Record, str]], shift: int = 0) -> list[MetricEvent]:
    """The events of every ticket under a policy, numbered in the order of their times."""
    events: list[MetricEvent] = []
    for ticket, segment in tickets:
        events.extend(measured(Random(f"{seed}/metrics/{ticket.id}"), ticket, segment))
    events.sort(key=lambda event: (event.at, event.ticket.id))
    for position, event in enumerate(events):
        event.id = FIRST_METRIC_EVENT_ID + shift + position
    return events


def measured(rng: Random, ticket: Record, segment: str) -> list[MetricEvent]:
    policy, events = policy_of(segment), []
    for metric, promises in promised(ticket, segment).items():
        done_at = done_by(ticket, metric)
        started_at = ticket.created_at

        def add(at: int, kind: str, instance: int = 1, metric: str = metric, **extra: Any) -> None:
            events.append(MetricEvent(ticket, at, metric, instance, kind, extra))

        add(started_at, "activate")
        for at, priority in priorities(ticket):
            if priority is not None and (done_at is None or at < done_at):
                minutes = policy.targets(priority)[metric]
                add(at, "apply_sla", sla=applied(policy, minutes))
        due = standing_due(promises, done_at)
        paused = 0
        if metric == "requester_wait_time":
            for begun, ended in pauses(ticket):
                add(begun, "pause")
                add(ended, "activate")
                paused += ended - begun
        if done_at is None or due + paused < done_at:
            add(due + paused, "breach", deleted=False)
        elif rng.random() < 0.02:
            # Withdrawn, because the ticket was filed under another policy by mistake.
            add(started_at + (done_at - started_at) // 2, "breach", deleted=True)
        if done_at is not None:
            add(done_at, "fulfill")
            minutes = (done_at - started_at) // MINUTE
            add(done_at, "update_status", status={"calendar": minutes, "business": minutes // 3})
            if metric != "reply_time":
                start_again(ticket, policy, metric, done_at, events)
    return [event for event in events if ticket.archived_at is None or event.at < ticket.archived_at]


def start_again(ticket: Record, policy: Policy, metric: str, done_at: int, events: list[MetricEvent]) -> None:
    """A reopened ticket starts its clock once more, as a new instance."""
    instance, is_done = 1, True
    for step in ticket.changes["status"]:
        if step.at <= done_at or is_solved(step.value) == is_done:
            continue
        is_done = not is_done
        if is_done:
            events.append(MetricEvent(ticket, step.at, metric, instance, "fulfill", {}))
        else:
            instance += 1
            priority = ticket.value("priority", step.at)
            events.append(MetricEvent(ticket, step.at, metric, instance, "activate", {}))
            if priority is not None:
                sla = applied(policy, policy.targets(priority)[metric])
                events.append(MetricEvent(ticket, step.at, metric, instance, "apply_sla", {"sla": sla}))


def pauses(ticket: Record) -> list[tuple[int, int]]:
    steps = ticket.changes.get("status", [])
    return [
        (step.at, after.at)
        for step, after in zip(steps, steps[1:], strict=False)
        if step.value == "pending" and after.value == "open"
    ]


def applied(policy: Policy, minutes: int) -> dict[str, Any]:
    return {
        "target": minutes,
        "target_in_seconds": minutes * 60,
        "business_hours": policy.in_business_hours,
        "policy": {"id": policy.id, "title": policy.title, "description": policy.description},
    }
