"""Every table says what a row of it is, keeps that promise by a key test, and describes every column it has."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.dbt.landing_writer import parsed_project, query

KEY_TESTS = {"unique", "unique_combination"}


@pytest.fixture(scope="module")
def tables() -> list[Any]:
    nodes = parsed_project().nodes.values()
    return [node for node in nodes if node.resource_type in ("model", "seed")]


def test_every_table_says_what_a_row_of_it_is(tables: list[Any]) -> None:
    sources = list(parsed_project().sources.values())
    assert [table.name for table in [*tables, *sources] if not table.description.startswith("One row per ")] == []


def test_every_model_has_a_test_of_its_key(tables: list[Any]) -> None:
    tested = {
        node.attached_node
        for node in parsed_project().nodes.values()
        if getattr(node, "test_metadata", None) and node.test_metadata.name in KEY_TESTS
    }
    assert [table.name for table in tables if table.resource_type == "model" and table.unique_id not in tested] == []


def test_every_column_is_described_and_no_other(tables: list[Any], empty_warehouse: Path) -> None:
    built: dict[str, set[str]] = {}
    for row in query(empty_warehouse, "select table_name, lower(column_name) as column_name from duckdb_columns()"):
        built.setdefault(row["table_name"], set()).add(row["column_name"])
    differing = []
    for table in tables:
        described = {name.lower() for name, column in table.columns.items() if column.description}
        if described != built[table.name]:
            differing.append(f"{table.name}: {', '.join(sorted(described ^ built[table.name]))}")
    assert differing == []
