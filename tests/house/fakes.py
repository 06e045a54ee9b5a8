"""A source that yields what a test tells it to, and judges who always or never admit."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from dagster_project.past import Batch
from dagster_project.sources import Page, Record, SourceRefused, Table
from expectations import Outcome, Rule

SYSTEM = "hubspot"
COMPANIES = Table("hubspot__companies", ("id", "properties"), recorded_field="id")
OWNERS = Table("hubspot__owners", ("id", "email"))
UNBROKEN = Rule("ExpectColumnValuesToNotBeNull", "Somebody has to be called something.", "id")


class ScriptedSource:
    """Yields one company per read, numbered by its cursor, and no owners; `trouble` comes after the rows."""

    system = SYSTEM
    tables = (COMPANIES, OWNERS)

    def __init__(
        self,
        trouble: Callable[[], None] | None = None,
        *,
        is_refused: bool = False,
        left_out: Mapping[str, str] | None = None,
    ) -> None:
        self._trouble = trouble
        self._is_refused = is_refused
        self._left_out = left_out or {}
        self._was_first = False
        self.cursors_seen: list[int] = []

    def check(self) -> None:
        if self._is_refused:
            raise SourceRefused("hubspot: HUBSPOT_TOKEN is not set: put a service key into .env")

    def read(self, state: dict[str, Any], landed_at: datetime) -> Iterator[Page]:
        cursor = state.get("cursor", 0)
        self.cursors_seen.append(cursor)
        self._was_first = cursor == 0
        yield COMPANIES.name, [company(cursor)]
        state["cursor"] = cursor + 1
        if self._trouble is not None:
            self._trouble()

    def is_complete(self, table: str) -> bool:
        return self._was_first

    def left_out(self, table: str) -> str | None:
        return self._left_out.get(table)


class GivenRows:
    """Yields the given rows of one table once, as its first whole reading; a read that follows brings none."""

    def __init__(self, table: Table, rows: Sequence[Record]) -> None:
        self.system = table.name.split("__")[0]
        self.tables = (table,)
        self._rows = list(rows)
        self._was_first = False
        self.cursors_seen: list[int] = []

    def check(self) -> None:
        """Nothing can be wrong with it."""

    def read(self, state: dict[str, Any], landed_at: datetime) -> Iterator[Page]:
        cursor = state.get("cursor", 0)
        self.cursors_seen.append(cursor)
        self._was_first = cursor == 0
        yield self.tables[0].name, self._rows
        state["cursor"] = cursor + 1

    def is_complete(self, table: str) -> bool:
        return self._was_first

    def left_out(self, table: str) -> str | None:
        return None


def company(number: int) -> Record:
    return COMPANIES.record({"id": str(number), "properties": {"name": f"Company {number}"}, "lifecycle": None})


def admitting(batch: Batch) -> Sequence[Outcome]:
    return [Outcome(UNBROKEN, passed=True, rows_judged=batch.rows.num_rows)]


def refusing(batch: Batch) -> Sequence[Outcome]:
    broken = batch.table == COMPANIES.name
    return [Outcome(UNBROKEN, passed=not broken, rows_judged=batch.rows.num_rows, rows_failing=int(broken))]


def files(folder: Path) -> dict[str, bytes]:
    """What every file below a folder holds, by its path from there."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}
