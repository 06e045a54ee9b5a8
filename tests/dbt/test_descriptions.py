"""Every table says what a row of it is and keeps it by a key test; every column is described, every term once."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from tests.dbt.landing_writer import parsed_project, query

KEY_TESTS = {"unique", "unique_combination"}
# Raw and staging speak in the words of vendors: what these mean to us begins where vendors end.
OUR_LAYERS = ("intermediate", "marts")


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


def test_columns_of_one_name_have_one_description(tables: list[Any]) -> None:
    """That of the doc block of their name. A table that means something else by a name has `<subject>__<name>`."""
    columns: dict[str, list[tuple[str, Any]]] = defaultdict(list)
    for table in tables:
        if table.resource_type == "model" and table.fqn[1] in OUR_LAYERS:
            for name, column in table.columns.items():
                columns[name].append((table.name, column))
    differing = [
        f"{table}.{name}"
        for name, bearers in columns.items()
        for table, column in bearers
        if len(bearers) > 1 and column.description not in definitions(name, column)
    ]
    assert differing == []


def definitions(name: str, column: Any) -> list[str]:
    """The doc blocks that the description of a column is made of, as far as they are of its name."""
    blocks = [parsed_project().docs[block] for block in column.doc_blocks]
    return [block.block_contents for block in blocks if block.name.split("__")[-1] == name]


def test_every_term_that_is_defined_is_borne_by_a_column() -> None:
    project = parsed_project()
    used = {
        block
        for node in [*project.nodes.values(), *project.sources.values()]
        for described in (node, *node.columns.values())
        for block in described.doc_blocks
    }
    ours = {name for name, block in project.docs.items() if block.package_name == "kept"}
    assert ours - used == set()
