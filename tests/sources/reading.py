"""Reads a source to its end, as the landing step does."""

import copy
from datetime import UTC, datetime
from typing import Any

from dagster_project.sources import Record, Source
from dagster_project.sources.http import Patience

LANDED_AT = datetime(2026, 11, 21, 23, 59, 59, 999999, tzinfo=UTC)
HURRIED = Patience(attempts=4, first_wait=0.01, longest_wait=60.0, connect_timeout=2.0, read_timeout=10.0)

Tables = dict[str, list[Record]]


def read(source: Source, state: dict[str, Any] | None = None) -> Tables:
    """Every record by table, empty tables included; fails if a source names a table or column it did not declare."""
    state = {} if state is None else state
    columns = {table.name: set(table.columns) for table in source.tables}
    tables: Tables = {name: [] for name in columns}
    for name, records in source.read(state, LANDED_AT):
        assert records, "an empty page is no page"
        for record in records:
            assert set(record) == columns[name]
            assert all(value is None or isinstance(value, str) for value in record.values())
        tables[name] += copy.deepcopy(records)
    return tables


def ids(records: list[Record], field: str = "id") -> list[str | None]:
    return [record[field] for record in records]
