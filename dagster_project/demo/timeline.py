"""Records with a past: what each vendor record held at any moment, and when it changed, was archived or was merged.

Moments are epoch milliseconds in UTC. The demo company writes between 06:00 and 20:00 UTC only, so a load at the end of
a day misses nothing that a vendor still holds back for a minute.
"""

from __future__ import annotations

import random
from bisect import bisect_right, insort
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

SECOND = 1_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

# A large company is simulated in parts; the ids of each part lie so far above those of the one before.
IDS_A_PART = 10_000_000

Seed = int | str
_EPOCH = date(1970, 1, 1)


def start_of(day: date) -> int:
    """First moment of a day."""
    return (day - _EPOCH).days * DAY


def end_of(day: date) -> int:
    """Last second of a day: where the server's clock stands when a day's load is simulated."""
    return start_of(day) + DAY - SECOND


def day_of(moment: int) -> date:
    return _EPOCH + timedelta(days=moment // DAY)


def moment_of(instant: datetime) -> int:
    """Moment of an aware datetime; a naive one is an error, not a guess."""
    if instant.tzinfo is None:
        raise ValueError("the demo's clock needs a time zone")
    return int(instant.timestamp() * 1_000)


@lru_cache(maxsize=256)
def iso_milliseconds(moment: int) -> str:
    """As HubSpot writes it: 2026-11-18T09:30:00.000Z. Every record tells its times twice, so the last are kept."""
    return f"{iso_seconds(moment)[:-1]}.{moment % 1_000:03d}Z"


def iso_seconds(moment: int) -> str:
    """As Zendesk writes it: 2026-11-18T09:30:00Z. By hand, since a load writes some hundred thousand of them."""
    days, rest = divmod(moment, DAY)
    minutes, seconds = divmod(rest // SECOND, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{_iso_day(days)}T{hours:02d}:{minutes:02d}:{seconds:02d}Z"


@lru_cache(maxsize=4_096)
def _iso_day(days: int) -> str:
    return (_EPOCH + timedelta(days=days)).isoformat()


def working_day(day: date) -> date:
    """The day itself, or the Monday after a weekend."""
    return day + timedelta(days=(0, 0, 0, 0, 0, 2, 1)[day.weekday()])


def working_moment(rng: random.Random, day: date, earliest_hour: int = 7, latest_hour: int = 17) -> int:
    """A moment in the office hours of that day, to the second."""
    return start_of(day) + rng.randrange(earliest_hour * 3_600, latest_hour * 3_600) * SECOND


def at_work(moment: int) -> int:
    """The same moment if it lies between 06:00 and 20:00, else the nearest later one that does."""
    within = moment % DAY
    if within < 6 * HOUR:
        return moment - within + 6 * HOUR + within % HOUR
    if within >= 20 * HOUR:
        return moment - within + DAY + 6 * HOUR + within % HOUR
    return moment


def months_later(day: date, months: int) -> date:
    """The same day of a later month, clamped to its last day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    first_of_next = date(year + (month == 11), (month + 1) % 12 + 1, 1)
    return date(year, month + 1, min(day.day, (first_of_next - timedelta(days=1)).day))


@dataclass(frozen=True, slots=True)
class Change:
    """A property's value from a moment on, and the user who set it."""

    at: int
    value: Any
    by: str | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """An association from one record to another, from a moment on."""

    to_kind: str
    to_id: str
    added_at: int
    label: str | None = None


class Record:
    """One vendor record and everything that happened to it. `id` is 0 until the records of its kind are numbered."""

    __slots__ = (
        "absorbed",
        "archived_at",
        "changes",
        "created_at",
        "fixed",
        "id",
        "links",
        "merged_at",
        "merged_into",
        "modified",
        "restored_at",
        "system_modified",
    )

    def __init__(self, created_at: int, **values: Any) -> None:
        self.id = 0
        self.created_at = created_at
        self.fixed: dict[str, Any] = values
        self.changes: dict[str, list[Change]] = {}
        self.modified: list[int] = [created_at]
        self.system_modified: list[int] = []
        self.archived_at: int | None = None
        self.restored_at: int | None = None
        self.links: list[Link] = []
        self.absorbed: list[tuple[int, Record]] = []
        self.merged_into: Record | None = None
        self.merged_at: int | None = None

    def change(self, name: str, value: Any, at: int, by: str | None = None) -> None:
        """Set a property from `at` on. Changes may be told in any order; none lies before the record's creation."""
        at = max(at, self.created_at)
        if name not in self.changes:
            first = self.fixed.pop(name, None)
            self.changes[name] = [] if first is None else [Change(self.created_at, first)]
        insort(self.changes[name], Change(at, value, by), key=lambda change: change.at)
        self.touch(at)

    def touch(self, at: int) -> None:
        """Move the modification time without changing anything, as a vendor's own recalculations do."""
        insort(self.modified, at)

    def touch_by_system(self, at: int) -> None:
        """A system update, which a ticketing vendor shows in its stream but not in `updated_at`."""
        insort(self.system_modified, at)

    def link(self, to_kind: str, to_id: str, label: str | None = None, at: int | None = None) -> None:
        added_at = self.created_at if at is None else at
        self.links.append(Link(to_kind, to_id, added_at, label))
        if added_at > self.created_at:
            self.touch(added_at)

    def absorb(self, loser: Record, at: int) -> None:
        """Merge another record into this one: it disappears from lists, and its id resolves to this record."""
        self.absorbed.append((at, loser))
        loser.merged_into, loser.merged_at = self, at
        self.touch(at)

    def value(self, name: str, at: int) -> Any:
        """The property's value as it stood then; None if it was never set by then."""
        history = self.changes.get(name)
        if history is None:
            return self.fixed.get(name)
        position = bisect_right(history, at, key=lambda change: change.at)
        return history[position - 1].value if position else None

    def history(self, name: str, at: int) -> list[Change]:
        """What was set by then, newest first."""
        history = self.changes.get(name)
        if history is None:
            first = self.fixed.get(name)
            return [] if first is None else [Change(self.created_at, first)]
        return history[: bisect_right(history, at, key=lambda change: change.at)][::-1]

    def modified_at(self, at: int) -> int:
        """The newest modification known then."""
        return self.modified[max(bisect_right(self.modified, at) - 1, 0)]

    def system_modified_at(self, at: int) -> int:
        """The newest modification known then, the system's own included."""
        position = bisect_right(self.system_modified, at)
        own = self.modified_at(at)
        return max(own, self.system_modified[position - 1]) if position else own

    def exists_at(self, at: int) -> bool:
        """Created by then and not merged away."""
        return self.created_at <= at and (self.merged_at is None or self.merged_at > at)

    def is_archived_at(self, at: int) -> bool:
        """In the recycle bin then, from which it may have been taken out again."""
        is_restored = self.restored_at is not None and self.restored_at <= at
        return self.archived_at is not None and self.archived_at <= at and not is_restored

    def restore(self, at: int) -> None:
        self.restored_at = at
        self.touch(at)


def number(records: list[Record], first: int) -> None:
    """Number records in the order of their creation, as vendors do, so that new ones come last in every listing."""
    records.sort(key=lambda record: record.created_at)
    for position, record in enumerate(records):
        record.id = first + position
