"""What people dropped as files: each row with when it counts from and, if a later file has it anew, until when.

Files have no clock of their own: a row counts from its landing, one of its table's first files from its own time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import cache, cached_property

from tests.reference.days import day, instant, month_end
from tests.reference.landing import Fact, Landing, Row

# What tells of customers; outcomes of our own actions are apart (feedback.py).
TABLES = ("product_usage", "success_goals", "retention_costs", "touches", "voice_of_customer")


@dataclass(frozen=True, kw_only=True)
class FileRow(Fact):
    """A row of a file; its source record is the file and the row's number in it."""

    key: str
    row: Row

    @property
    def landed_on(self) -> date:
        on: date = self.row["_landed_at"].date()
        return on


class Files:
    def __init__(self, landing: Landing) -> None:
        self.landing = landing

    def has_any(self, table: str) -> bool:
        """Whether a file of the table was ever loaded."""
        return bool(self.landing.rows(f"files__{table}"))

    @cached_property
    def is_connected(self) -> bool:
        """Whether any file on customers was ever loaded: looking into an empty folder connects nothing."""
        return any(self.has_any(table) for table in TABLES)

    def versions(self, table: str, own_time: Callable[[Row], datetime]) -> dict[str, list[FileRow]]:
        """Rows of each key in the order in which they landed; each stands until the next one is recorded."""
        arrived: dict[str, list[tuple[datetime, Row]]] = {}
        for row in self.landing.rows(f"files__{table}"):
            landed_at = row["_landed_at"].to_pydatetime().replace(tzinfo=None)
            recorded_at = min(own_time(row), landed_at) if row["first"] else landed_at
            arrived.setdefault(row["record_id"], []).append((recorded_at, row))
        found: dict[str, list[FileRow]] = {}
        for key, rows in arrived.items():
            untils = [*(recorded_at for recorded_at, _ in rows[1:]), None]
            found[key] = [
                FileRow(
                    source_system="files",
                    source_record_id=place_of(row),
                    key=key,
                    recorded_at=recorded_at,
                    removed_at=until,
                    row=row,
                )
                for (recorded_at, row), until in zip(rows, untils, strict=True)
            ]
        return found

    def standing(
        self, table: str, own_time: Callable[[Row], datetime], begins: Callable[[Row], date], as_of: date
    ) -> list[FileRow]:
        """The row of each key that stood at the end of a day, of what had begun by then."""
        rows = [row for versions in self.versions(table, own_time).values() for row in versions]
        return [row for row in rows if row.known(as_of) and begins(row.row) <= as_of]

    @cache  # noqa: B019 - an instance lives as long as one test
    def usage(self, as_of: date) -> list[FileRow]:
        return self.standing("product_usage", end_of_month, first_of_month, as_of)

    @cache  # noqa: B019 - an instance lives as long as one test
    def goals(self, as_of: date) -> list[FileRow]:
        return self.standing("success_goals", agreement, lambda row: agreement(row).date(), as_of)

    @cache  # noqa: B019 - an instance lives as long as one test
    def costs(self, as_of: date) -> list[FileRow]:
        return self.standing("retention_costs", end_of_month, first_of_month, as_of)

    def newest(self, table: str, own_time: Callable[[Row], datetime]) -> list[FileRow]:
        """The newest row of each key, which counts from when its key first landed, or from its own time."""
        return [
            FileRow(
                source_system="files",
                source_record_id=place_of(rows[-1].row),
                key=key,
                recorded_at=own_time(rows[-1].row) if rows[0].row["first"] else rows[0].recorded_at,
                removed_at=None,
                row=rows[-1].row,
            )
            for key, rows in self.versions(table, own_time).items()
        ]


def place_of(row: Row) -> str:
    return f"{row['file_name']}:{row['row_number']}"


def first_of_month(row: Row) -> date:
    return date.fromisoformat(f"{row['month'][:7]}-01")


def end_of_month(row: Row) -> datetime:
    return datetime.combine(month_end(first_of_month(row)), time())


def agreement(row: Row) -> datetime:
    on = day(row["agreed_on"])
    assert on
    return datetime.combine(on, time())


def told_at(column: str) -> Callable[[Row], datetime]:
    """The own time of rows that say in a column when it was."""

    def own_time(row: Row) -> datetime:
        found = instant(row[column])
        assert found
        return found

    return own_time
