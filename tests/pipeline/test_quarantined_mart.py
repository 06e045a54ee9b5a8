"""The whole mart after rows of every table were held back and let in again, row by row."""

from __future__ import annotations

import random
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.dbt.holding_back import hold_back, release
from tests.dbt.landing_writer import Row, build, query
from tests.pipeline.life import LAST_DAY, LivedCompany

# Of every landed table.
ROWS_HELD_BACK = 5


@pytest.mark.nightly
def test_the_mart_after_rows_waited_and_were_released_is_the_mart_had_they_never_waited(
    lived: LivedCompany, tmp_path: Path
) -> None:
    data_dir = lived.copy(tmp_path / "data")
    never = mart(data_dir)
    ids = hold_back(data_dir, some_rows(data_dir))
    held = mart(data_dir)
    assert len(held["touches"]) < len(never["touches"])
    assert held["customer_months"] != never["customer_months"]
    release(data_dir, ids)
    released = mart(data_dir)
    assert [table for table in never if released[table] != never[table]] == []


def mart(data_dir: Path) -> dict[str, list[Row]]:
    build(data_dir, select="resource_type:model", as_of=LAST_DAY.isoformat())
    tables = query(data_dir, "select table_name as name from duckdb_tables() where schema_name = 'mart'")
    return {
        table["name"]: query(data_dir, f"select * from mart.{table['name']} order by all")
        for table in tables
        if table["name"] != "quarantined_rows"
    }


def some_rows(data_dir: Path) -> list[tuple[str, str, str, int]]:
    chance = random.Random(7)
    places = []
    for folder in sorted((data_dir / "landing").glob("[a-z]*__*")):
        if not folder.name.startswith("kept__"):
            every = [
                (folder.name, path.name.rsplit(".", 2)[0], path.name, row)
                for path in sorted(folder.glob("*.parquet"))
                for row in range(pq.read_metadata(path).num_rows)
            ]
            places += chance.sample(every, min(ROWS_HELD_BACK, len(every)))
    return places
