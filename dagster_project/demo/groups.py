"""Groups of agents in the ticketing system; which one a ticket lands in follows from how it came."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Group:
    id: int
    name: str
    is_deleted: bool = False


GROUPS = (Group(20_455_932, "Support"), Group(20_455_941, "Field Service"), Group(20_455_950, "Old Hotline", True))


def group_of(channel: str) -> Group:
    return GROUPS[1] if channel in ("voice", "monitoring") else GROUPS[0]
