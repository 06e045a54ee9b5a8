"""What a refresh changes in months already published: months compared with a publication that a test writes."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.dbt.landing_writer import Row, invoke_dbt, query

AS_OF = "2026-03-10"
JANUARY, FEBRUARY, MARCH = date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1)
Months = dict[tuple[str, date], dict[str, Any]]


@pytest.fixture
def data_dir(empty_warehouse: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(empty_warehouse, tmp_path / "data"))


def publish(data_dir: Path, months: Months, *, without: str = "") -> None:
    """A publication of nothing but these customer months, with all columns but one."""
    folder = data_dir / "published" / "parquet" / "20260310T060000000000Z"
    folder.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(str(data_dir / "warehouse" / "retention.duckdb")) as connection:
        connection.execute("create or replace temp table published as from mart.customer_months where false")
        fill(connection, "published", months)
        if without:
            connection.execute(f"alter table published drop column {without}")
        connection.execute(f"copy published to '{folder / 'customer_months.parquet'}' (format parquet)")
    (folder.parent / "current").write_text(folder.name + "\n")


def fill(connection: duckdb.DuckDBPyConnection, table: str, months: Months) -> None:
    for (customer_id, month), values in months.items():
        row = {"customer_id": customer_id, "month": month, **values}
        connection.execute(
            f"insert into {table} ({', '.join(row)}) values ({', '.join('?' * len(row))})", list(row.values())
        )


def restatements(data_dir: Path, months: Months, as_of: str = AS_OF) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(data_dir / "warehouse" / "retention.duckdb")) as connection:
        connection.execute("delete from mart.customer_months")
        fill(connection, "mart.customer_months", months)
    invoke_dbt(data_dir, ["run", "--select", "restatements"], as_of=as_of)
    rows: list[Row] = query(data_dir, "select * from mart.restatements order by all")
    assert all(row["refresh"] is not None for row in rows)
    return [tuple(row[name] for name in ("month", "customer_id", "column", "before", "after")) for row in rows]


def test_a_first_publication_restates_nothing(data_dir: Path) -> None:
    assert restatements(data_dir, {("hubspot:1", JANUARY): {"arr": 10.0}}) == []


def test_a_refresh_without_news_restates_nothing(data_dir: Path) -> None:
    months: Months = {
        ("hubspot:1", JANUARY): {"arr": 1 / 3, "segment": None},
        ("hubspot:1", MARCH): {"arr": 2 / 3, "segment": None},
    }
    publish(data_dir, months)
    assert restatements(data_dir, months) == []


def test_only_what_changed_in_a_month_that_was_over_is_listed(data_dir: Path) -> None:
    publish(
        data_dir,
        {
            ("hubspot:1", JANUARY): {"arr": 10.0, "segment": "Small", "touches_90d": 4},
            ("hubspot:1", FEBRUARY): {"arr": 10.0, "segment": "Small"},
            ("hubspot:1", MARCH): {"arr": 10.0, "segment": "Small"},
        },
    )
    now: Months = {
        ("hubspot:1", JANUARY): {"arr": 10.0, "segment": "Large", "touches_90d": None},
        ("hubspot:1", FEBRUARY): {"arr": 10.0, "segment": "Small"},
        ("hubspot:1", MARCH): {"arr": 99.0, "segment": "Large"},
    }
    assert restatements(data_dir, now) == [
        (JANUARY, "hubspot:1", "segment", "Small", "Large"),
        (JANUARY, "hubspot:1", "touches_90d", "4", None),
    ]


def test_the_month_that_ran_when_it_was_published_is_not_restated_by_its_end(data_dir: Path) -> None:
    publish(data_dir, {("hubspot:1", JANUARY): {"arr": 10.0}, ("hubspot:1", FEBRUARY): {"arr": 10.0}})
    now: Months = {("hubspot:1", JANUARY): {"arr": 10.0}, ("hubspot:1", FEBRUARY): {"arr": 20.0}}
    assert restatements(data_dir, now) == []


def test_a_month_gained_or_lost_is_listed_by_what_it_holds(data_dir: Path) -> None:
    published: Months = {("hubspot:1", JANUARY): {"arr": 10.0}, ("hubspot:1", MARCH): {"arr": 10.0}}
    publish(data_dir, published)
    now: Months = {("hubspot:2", JANUARY): {"arr": 10.0}, ("hubspot:1", MARCH): {"arr": 10.0}}
    assert restatements(data_dir, now) == [
        (JANUARY, "hubspot:1", "arr", "10.0", None),
        (JANUARY, "hubspot:2", "arr", None, "10.0"),
    ]


def test_a_column_that_was_not_published_before_restates_nothing(data_dir: Path) -> None:
    months: Months = {("hubspot:1", JANUARY): {"arr": 10.0}, ("hubspot:1", MARCH): {"arr": 10.0}}
    publish(data_dir, months, without="touches_90d")
    months[("hubspot:1", JANUARY)]["touches_90d"] = 3
    assert restatements(data_dir, months) == []
