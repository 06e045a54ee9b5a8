"""Holds a table of the mart against the naive second implementation, value by value."""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

from tests.reference.naive_mart import Row

KEYS = {"customer_months": ("customer_id", "month"), "retention_by_month": ("month", "segment")}
# Enough of each column to see what is wrong without reading thousands of lines.
SHOWN_PER_COLUMN = 3


def same(left: Any, right: Any) -> bool:
    """Equal, doubles but for how they add up (and money, which the mart rounds to cents)."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, int | float) and isinstance(right, int | float):
        return math.isclose(left, right, rel_tol=1e-6, abs_tol=1e-6)
    return bool(left == right)


def differences(table: str, expected: list[Row], actual: list[Row]) -> list[str]:
    """One line per missing or surplus row and per differing value, and a count for each column."""
    keys = KEYS[table]
    want = {tuple(row[key] for key in keys): row for row in expected}
    have = {tuple(row[key] for key in keys): row for row in actual}
    lines = [f"missing row {key}" for key in sorted(set(want) - set(have))]
    lines += [f"surplus row {key}" for key in sorted(set(have) - set(want))]
    counts: Counter[str] = Counter()
    for key in sorted(set(want) & set(have)):
        for column, value in want[key].items():
            if not same(value, have[key][column]):
                counts[column] += 1
                if counts[column] <= SHOWN_PER_COLUMN:
                    lines.append(f"{column} {key}: expected {value!r}, found {have[key][column]!r}")
    return lines + [f"{column}: {count} differences" for column, count in counts.items()]
