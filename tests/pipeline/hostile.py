"""What people, merges and clocks do to a customer's records in a month: to each others, in an order of its own."""

from __future__ import annotations

from collections import defaultdict
from random import Random

from dagster_project.demo.company import World
from dagster_project.demo.timeline import DAY, HOUR, Record, end_of, iso_milliseconds

DAYS = 30
EVENTS = 6


def make_hostile(world: World, seed: int) -> None:
    """Change the days after the world's as-of day; the same seed makes the same history."""
    begin = end_of(world.as_of)
    calls, contacts = by_company(world.calls), by_company(world.contacts)
    again: list[Record] = []
    for company in world.companies:
        rng = Random(f"{seed} {company.id}")
        for _ in range(EVENTS):
            # In no order: a restoration may come before what it would undo, and is none then.
            at = begin + rng.randrange(1, DAYS * 24) * HOUR
            if calls[company.id] and rng.random() < 0.6:
                again += happen_to_call(rng, rng.choice(calls[company.id]), at)
            elif len(contacts[company.id]) > 1:
                happen_to_contacts(rng, *rng.sample(contacts[company.id], 2), at)
    newest = max(call.id for call in world.calls)
    for position, record in enumerate(sorted(again, key=lambda record: record.created_at), start=1):
        record.id = newest + position
        world.calls.append(record)


def happen_to_call(rng: Random, call: Record, at: int) -> list[Record]:
    """Dated on a day to come or long ago, edited, recalculated, thrown away, taken out again or entered anew."""
    match rng.randrange(7):
        case 0:
            call.change("hs_timestamp", iso_milliseconds(at + rng.randrange(1, 40) * DAY), at)
        case 1:
            call.change("hs_timestamp", iso_milliseconds(at - rng.randrange(1, 400) * DAY), at)
        case 2:
            call.change("hs_call_body", rng.choice(("", "Sorry, no news yet.", "<p>ROI</p>")), at)
        case 3:
            call.touch(at)
        case 4:
            archive(call, at)
        case 5:
            restore(call, at)
        case 6 if archive(call, at):
            again = Record(at + HOUR, **call.fixed)
            again.links = [type(link)(link.to_kind, link.to_id, at + HOUR, link.label) for link in call.links]
            return [again]
    return []


def happen_to_contacts(rng: Random, one: Record, other: Record, at: int) -> None:
    """Given another title, thrown away, taken out again or merged."""
    match rng.randrange(4):
        case 0:
            one.change("jobtitle", rng.choice(("Managing Director", "Operator", "")), at)
        case 1:
            archive(one, at)
        case 2:
            restore(one, at)
        case 3 if stands(one, at) and stands(other, at):
            one.absorb(other, at)


def by_company(records: list[Record]) -> dict[int, list[Record]]:
    found: dict[int, list[Record]] = defaultdict(list)
    for record in records:
        companies = [int(link.to_id) for link in record.links if link.to_kind == "companies"]
        if companies:
            found[companies[0]].append(record)
    return found


def stands(record: Record, at: int) -> bool:
    return record.archived_at is None and record.merged_into is None and record.created_at < at


def archive(record: Record, at: int) -> bool:
    if not stands(record, at):
        return False
    record.archived_at = at
    return True


def restore(record: Record, at: int) -> None:
    if record.archived_at is not None and record.restored_at is None and record.archived_at < at:
        record.restore(at)
