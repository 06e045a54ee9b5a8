"""What a rule about a table is. One module per landed table and per mart, found by path, holds its RULES as data.

Great Expectations is named here but never imported: `dagster_project/checks.py` does that, when a rule is judged.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Severity = Literal["critical", "warning"]


@dataclass(frozen=True)
class Rule:
    """One expectation about one table, with its reason.

    `expectation` is a class of Great Expectations, `column` its column if it has one; `properties.hs_timestamp` reads
    a key of a column that holds JSON. A critical rule refuses the load (landing) or blocks publishing (marts), a
    warning is reported. `min_share_of_past` of a row count is resolved against the table's past (see checks.py).
    """

    expectation: str
    notes: str
    column: str | None = None
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    severity: Severity = "critical"
    # A condition in pandas' query language on the rows the rule is about.
    where: str = ""
    # Asked only of a whole reading of the table: the changes of a day may be few or none.
    of_whole_readings: bool = False
    # Two rules of one expectation on one column tell themselves apart by it.
    of: str = ""

    @property
    def is_share(self) -> bool:
        """Whether the rule is about a share of the rows, which says nothing about a handful of them."""
        return "mostly" in self.kwargs or "Proportion" in self.expectation

    @property
    def name(self) -> str:
        """The check's name `<column>__<rule>`, derived so that nobody types it twice."""
        words = re.sub(r"(?<!^)(?=[A-Z])", "_", self.expectation).lower()
        words = re.sub(r"^expect_(column_pair_values_|column_values_|column_|table_)?(to_be_|to_)?", "", words)
        words = words.replace("_to_be_", "_").replace("_to_", "_")
        subject = self.column or "table"
        if "column_A" in self.kwargs:
            subject, words = self.kwargs["column_A"], f"{words[2:-2]}_{self.kwargs['column_B']}"
        name = f"{re.sub(r'[^A-Za-z0-9]+', '_', subject)}__{words}"
        return f"{name}_{self.of}" if self.of else name


@dataclass(frozen=True)
class Outcome:
    """What came of one rule on one batch: keys and numbers, never the offending values, which may be personal data."""

    rule: Rule
    passed: bool
    rows_judged: int
    rows_failing: int = 0
    failing_keys: tuple[str, ...] = ()
    detail: str = ""

    @property
    def refuses(self) -> bool:
        return not self.passed and self.rule.severity == "critical"


def describe(outcome: Outcome) -> str:
    """One line on a broken rule for a person: which, on how many rows, why it matters."""
    count = f" on {outcome.rows_failing:,} of {outcome.rows_judged:,} rows" if outcome.rows_failing else ""
    detail = f" ({outcome.detail})" if outcome.detail else ""
    return f"{outcome.rule.name}{count}{detail}: {outcome.rule.notes}"


# What several suites share.
TIMESTAMP: Mapping[str, Any] = {"regex": r"^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}"}
MISREAD_PAGES = "Overlapping pages bring a record twice; more often than once in two is one page read again and again."
ONLY_WHAT_HR_ALLOWS = "Nothing of a person is kept but what Kept needs."
LANDED = ("_landed_at", "_dlt_load_id")
# HubSpot takes associations, and may take properties, away from what is archived.
STANDING = 'archived != "true"'
COLLAPSE = "Facts do not vanish in numbers from one publication to the next; what was erased on purpose is few."
ZERO_TO_ONE: Mapping[str, Any] = {"min_value": 0, "max_value": 1}
