"""Holds a table of the mart against the naive second implementation, column by column."""

from __future__ import annotations

import math
from typing import Any

import pandas

KEYS = {
    "customer_months": ["customer_id", "month"],
    "retention_by_month": ["month", "segment"],
    "touches": ["touch_id"],
    "touch_contacts": ["touch_id", "contact_id"],
    "contacts": ["contact_id"],
    "quality_incidents": ["incident_id"],
    "assignments": ["assignment_id"],
    "renewals": ["renewal_id"],
    "survey_responses": ["survey_response_id"],
    "voice_of_customer": ["voice_id"],
    "trainings": ["training_id"],
    "workforce_months": ["department", "month"],
    "employees": ["employee_id"],
    "customers": ["customer_id"],
    "removed_facts": ["fact_table", "id"],
    "product_usage": ["source_record_id"],
    "success_goals": ["source_record_id"],
    "retention_costs": ["source_record_id"],
    "touch_rhythm": ["quarter", "week_of_quarter", "segment"],
    "opportunities": ["customer_id"],
    "care_showcase": ["segment"],
    "health_points": ["customer_id", "month", "driver"],
    "retention_drivers": ["driver", "bucket"],
    "action_outcomes": ["action_outcome_id"],
    "action_results": ["driver"],
    "renewal_survival": ["term_number", "segment"],
    "health_backtest": ["predictor", "segment"],
    "customer_lifecycle": ["customer_id"],
    "identity_links": ["source_system", "source_object", "source_record_id"],
    "unresolved_references": ["source_system", "source_object", "source_record_id", "reference_object", "reference"],
}
# Enough of each column to see what is wrong without reading thousands of lines.
SHOWN_PER_COLUMN = 3


def is_null(value: Any) -> bool:
    return value is None or value is pandas.NaT or (isinstance(value, float) and math.isnan(value))


def same(left: Any, right: Any) -> bool:
    """Equal, doubles but for how they add up (and money, which the mart rounds to cents)."""
    if is_null(left) or is_null(right):
        return is_null(left) and is_null(right)
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, int | float) and isinstance(right, int | float):
        return math.isclose(left, right, rel_tol=1e-6, abs_tol=1e-6)
    return bool(left == right)


def differences(table: str, expected: pandas.DataFrame, actual: pandas.DataFrame) -> list[str]:
    """One line per missing or surplus row and per differing value, and a count for each column."""
    keys = KEYS[table]
    wanted, had = expected.set_index(keys), actual.set_index(keys)
    lines = [f"duplicate row {key}" for key in wanted.index[wanted.index.duplicated()]]
    if lines:
        return lines
    lines += [f"missing row {key}" for key in wanted.index.difference(had.index)]
    lines += [f"surplus row {key}" for key in had.index.difference(wanted.index)]
    both = wanted.index.intersection(had.index)
    wanted, had = wanted.loc[both], had.loc[both]
    for column in wanted.columns:
        if column not in had.columns:
            lines.append(f"{column}: the mart has no such column")
            continue
        found = [
            f"{column} {key}: expected {left!r}, found {right!r}"
            for key, left, right in zip(both, wanted[column], had[column], strict=True)
            if not same(left, right)
        ]
        lines += found[:SHOWN_PER_COLUMN]
        if found:
            lines.append(f"{column}: {len(found)} differences")
    return lines
