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
    a key of a column that holds JSON. A critical rule of landing holds back the rows that break it where it is of
    rows, else refuses the load; one of marts blocks publishing; a warning is reported. `min_share_of_past` of a row
    count is resolved against the table's past (see checks.py).
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
    def is_of_rows(self) -> bool:
        """Whether one row alone can break it, so that the row is wrong and not the table.

        A share is of many rows, and of two rows that share a key neither is the wrong one.
        """
        is_of_values = self.expectation.startswith(("ExpectColumnValues", "ExpectColumnPairValues"))
        return is_of_values and not self.is_share and self.expectation != "ExpectColumnValuesToBeUnique"

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
    # Their positions in the batch.
    failing_rows: tuple[int, ...] = ()
    # Whether they are kept out of raw, and the load is admitted without them.
    holds_rows_back: bool = False

    @property
    def refuses(self) -> bool:
        return not self.passed and self.rule.severity == "critical" and not self.holds_rows_back


@dataclass(frozen=True)
class Allowance:
    """How many rows of one load may be held back, the larger of a share and a number; more refuse the load.

    Conventions, of 2026-11-25: one row in twenty is sloppy entry, more is a feed that changed. Two rows are let pass in
    any load, or one wrong record would stop a daily load of three; three wrong ones of three are no accident.
    """

    share: float = 0.05
    rows: int = 2

    def covers(self, held_back: int, landed: int) -> bool:
        return held_back <= max(self.rows, self.share * landed)


def describe(outcome: Outcome) -> str:
    """One line on a broken rule for a person: which, on how many rows, why it matters."""
    count = f" on {outcome.rows_failing:,} of {outcome.rows_judged:,} rows" if outcome.rows_failing else ""
    count += ", held back in quarantine" if outcome.holds_rows_back else ""
    detail = f" ({outcome.detail})" if outcome.detail else ""
    return f"{outcome.rule.name}{count}{detail}: {outcome.rule.notes}"


# What several suites share.
TIMESTAMP: Mapping[str, Any] = {
    "regex": r"^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])[T ](?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d"
}
MISREAD_PAGES = "Overlapping pages bring a record twice; more often than once in two is one page read again and again."
ONLY_WHAT_HR_ALLOWS = "Nothing of a person is kept but what Kept needs."
LANDED = ("_landed_at", "_dlt_load_id")
# HubSpot takes associations, and may take properties, away from what is archived.
STANDING = 'archived != "true"'
COLLAPSE = "Facts do not vanish in numbers from one publication to the next; what was erased on purpose is few."
ZERO_TO_ONE: Mapping[str, Any] = {"min_value": 0, "max_value": 1}

# What is asked of every landed table beside its suite, by what its earlier loads were (dagster_project/past.py).
VALUES_KEEP_THEIR_SHAPE = Rule(
    "ExpectColumnValuesToKeepTheirShape", "The models read it as JSON; as anything else the build would stop at it."
)
FIELDS_ARE_THERE = Rule(
    "ExpectTableFieldsToBeThere",
    "A field that models use came in no row: map another (seeds/mappings/crm_properties.csv), or change the model.",
)
FIELDS_KEEP_THEIR_KIND = Rule(
    "ExpectTableFieldsToKeepTheirKind",
    "No value can be read as before: the vendor changed the field, and the model that uses it has to follow.",
)
FIELDS_ARE_KNOWN = Rule(
    "ExpectTableFieldsToBeKnown",
    "New at the vendor: it has landed, and no model uses it yet. Told once.",
    severity="warning",
)
VOLUME_IS_USUAL = Rule(
    "ExpectTableVolumeToBeUsual",
    "Far fewer changes than loads of such a day brought before: did the vendor tell all?",
    severity="warning",
)
FRESHNESS_IS_USUAL = Rule(
    "ExpectTableFreshnessToBeUsual",
    "Nothing has changed at the vendor for longer than ever: is the feed still alive?",
    severity="warning",
)
OF_EVERY_LANDED_TABLE = (
    VALUES_KEEP_THEIR_SHAPE,
    FIELDS_ARE_THERE,
    FIELDS_KEEP_THEIR_KIND,
    FIELDS_ARE_KNOWN,
    VOLUME_IS_USUAL,
    FRESHNESS_IS_USUAL,
)
