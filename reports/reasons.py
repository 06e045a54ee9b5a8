"""What is wrong with a customer now, or right: the rows of reasons.csv held against the customer's numbers.

The thresholds and weights in that file are conventions, to be recalibrated on the company's own history: no study gives
one. Weights: 3 where the customer was let down and knows it or the revenue is at risk today, 2 where they will feel it
soon, 1 for what is frequent and mild.
"""

from __future__ import annotations

import csv
import operator
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Any

from reports.measures import label, unit
from reports.publication import ReportError
from reports.records import DERIVED, SELECTIONS, AnyRecord, CustomerRecords

REASONS_FILE = Path(__file__).with_name("reasons.csv")

_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
    "=": operator.eq,
}
_IN_WORDS = {">=": "from {}", "<=": "up to {}", ">": "above {}", "<": "below {}"}
_TERM = re.compile(
    r"(?P<ranged>\w+) +between +(?P<low>\S+) +and +(?P<high>\S+)"
    r"|(?P<column>\w+) *(?P<comparison>>=|<=|=|<|>) *(?P<value>\S+)"
)


@dataclass(frozen=True)
class Clause:
    """One comparison of one number; a number that is not known satisfies none."""

    column: str
    comparison: str
    bound: float | bool

    def holds(self, facts: dict[str, Any]) -> bool:
        value = facts[self.column]
        return value is not None and _COMPARISONS[self.comparison](value, self.bound)


@dataclass(frozen=True)
class Reason:
    """One row of reasons.csv; a customer is listed under it where every clause holds."""

    reason: str
    title: str
    verdict: str
    weight: str
    condition: str
    worst_first: str
    records: str
    why: str
    bring: str

    @cached_property
    def clauses(self) -> tuple[Clause, ...]:
        found: list[Clause] = []
        rest = self.condition.strip()
        while rest:
            match = _TERM.match(rest)
            if match is None:
                raise ReportError(f"reasons.csv, {self.reason}: cannot read the condition at {rest!r}")
            if match["ranged"]:
                found.append(Clause(match["ranged"], ">=", _bound(match["low"], self)))
                found.append(Clause(match["ranged"], "<=", _bound(match["high"], self)))
            else:
                found.append(Clause(match["column"], match["comparison"], _bound(match["value"], self)))
            rest = rest[match.end() :].strip()
            if rest:
                joined = re.match(r"and\s+(?=\S)", rest)
                if joined is None:
                    raise ReportError(f"reasons.csv, {self.reason}: conditions are joined by `and`, not by {rest!r}")
                rest = rest[joined.end() :]
        return tuple(found)

    @property
    def is_wrong(self) -> bool:
        return self.verdict == "wrong"

    @property
    def heaviness(self) -> float:
        """What a customer's ARR is multiplied by where it stands under this reason, to say with whom to start."""
        return float(self.weight)

    @property
    def rank_column(self) -> str:
        return self.worst_first.split()[0]

    @property
    def is_descending(self) -> bool:
        return self.worst_first.split()[-1] == "desc"

    def holds(self, facts: dict[str, Any]) -> bool:
        return bool(facts) and all(clause.holds(facts) for clause in self.clauses)


@dataclass(frozen=True)
class Evidence:
    """A number that says so, beside the convention it was held against."""

    column: str
    label: str
    unit: str
    value: Any
    convention: str


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong or right with one customer now, with the numbers and the records that say so."""

    reason: Reason
    evidence: tuple[Evidence, ...]
    records: tuple[AnyRecord, ...]
    rank: float


def read_reasons(path: Path = REASONS_FILE) -> tuple[Reason, ...]:
    """The reasons in the order of the page; raises ReportError where a row cannot be read."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file)
        columns = [field.name for field in fields(Reason)]
        if lacking := [column for column in columns if column not in (rows.fieldnames or ())]:
            raise ReportError(f"reasons.csv lacks the columns {', '.join(lacking)}")
        reasons = tuple(Reason(**{column: row[column] or "" for column in columns}) for row in rows)
    for reason in reasons:
        if not reason.clauses:
            raise ReportError(f"reasons.csv, {reason.reason}: no condition")
        if reason.verdict not in ("wrong", "right"):
            raise ReportError(f"reasons.csv, {reason.reason}: verdict is wrong or right, not {reason.verdict!r}")
        if not re.fullmatch(r"\d+(\.\d+)?", reason.weight):
            raise ReportError(f"reasons.csv, {reason.reason}: weight is a number from 0, not {reason.weight!r}")
        if not re.fullmatch(r"\w+ (asc|desc)", reason.worst_first):
            raise ReportError(f"reasons.csv, {reason.reason}: worst_first is a column and asc or desc")
        if reason.records not in SELECTIONS:
            known = ", ".join(SELECTIONS)
            raise ReportError(f"reasons.csv, {reason.reason}: no records are called {reason.records!r}; known: {known}")
    return reasons


def check_columns(reasons: Sequence[Reason], published: Sequence[str]) -> None:
    """Raise ReportError where a reason asks about a number that neither the mart nor DERIVED has."""
    known = {*published, *DERIVED}
    for reason in reasons:
        for column in [*(clause.column for clause in reason.clauses), reason.rank_column]:
            if column not in known:
                raise ReportError(f"reasons.csv, {reason.reason}: mart.customer_lifecycle has no column {column!r}")


def findings(of: CustomerRecords, reasons: Sequence[Reason]) -> tuple[Finding, ...]:
    """What is wrong and what is right with this customer now, in the order of reasons.csv."""
    facts = of.facts()
    return tuple(_finding(reason, facts, of) for reason in reasons if reason.holds(facts))


def _finding(reason: Reason, facts: dict[str, Any], of: CustomerRecords) -> Finding:
    conventions: dict[str, list[str]] = {}
    for clause in reason.clauses:
        words = _IN_WORDS.get(clause.comparison)
        shown = f"{clause.bound:.0%}" if unit(clause.column) == "share" else f"{clause.bound:g}"
        conventions.setdefault(clause.column, []).extend([words.format(shown)] if words else [])
    columns = dict.fromkeys([*conventions, reason.rank_column])
    evidence = tuple(
        Evidence(
            column,
            label(column),
            unit(column),
            facts[column],
            f"listed {' and '.join(conventions[column])}" if conventions.get(column) else "",
        )
        for column in columns
    )
    rank = facts[reason.rank_column]
    worst = float(rank) if rank is not None else 0.0
    return Finding(reason, evidence, tuple(SELECTIONS[reason.records](of)), -worst if reason.is_descending else worst)


def _bound(text: str, reason: Reason) -> float | bool:
    if text in ("true", "false"):
        return text == "true"
    try:
        return float(text)
    except ValueError as error:
        raise ReportError(f"reasons.csv, {reason.reason}: {text!r} is neither a number nor true or false") from error
