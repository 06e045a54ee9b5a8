"""Instants, days, months and the few figures over lists that the definitions need; days are days in UTC."""

from __future__ import annotations

import re
import statistics
from calendar import monthrange
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any


def instant(text: str | None) -> datetime | None:
    """The UTC instant of an ISO or epoch-millisecond text, without time zone."""
    if not text:
        return None
    if re.fullmatch(r"-?\d{10,}", text):
        return datetime.fromtimestamp(int(text) / 1000, UTC).replace(tzinfo=None)
    parsed = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return parsed.astimezone(UTC).replace(tzinfo=None) if parsed.tzinfo else parsed


def day(text: str | None) -> date | None:
    at = instant(text)
    return at.date() if at else None


def add_months(start: date, months: int) -> date:
    index = start.year * 12 + start.month - 1 + months
    year, month = divmod(index, 12)
    return date(year, month + 1, min(start.day, monthrange(year, month + 1)[1]))


def month_of(any_day: date) -> date:
    return any_day.replace(day=1)


def month_end(any_day: date) -> date:
    return any_day.replace(day=monthrange(any_day.year, any_day.month)[1])


def in_window(on: date | None, days: int, as_of: date) -> bool:
    """Whether a day is one of the last `days` days, the as-of day included."""
    return on is not None and 0 <= (as_of - on).days < days


def days_since(days: Iterable[date], as_of: date) -> int | None:
    newest = max(days, default=None)
    return (as_of - newest).days if newest else None


def month_ends(first: date, as_of: date) -> list[date]:
    """The ends of the months from that of `first` on, the last one being the as-of day."""
    found = []
    on = month_end(first)
    while on < as_of:
        found.append(on)
        on = month_end(on + timedelta(days=1))
    return [*found, as_of]


def number(text: Any) -> float | None:
    """A vendor's figure; null where there is none or it is no figure."""
    try:
        return float(text) if text not in (None, "") else None
    except (TypeError, ValueError):
        return None


def share(part: float, whole: float) -> float | None:
    return part / whole if whole else None


def spread(values: list[float]) -> float | None:
    """Population standard deviation over mean; null where the mean is 0."""
    mean = statistics.fmean(values)
    return statistics.pstdev(values) / mean if mean else None


def median(values: list[float]) -> float | None:
    return statistics.median(values) if values else None
