"""A month of daily loads of customers with hostile histories: what was built on the way is what landing alone gives."""

from __future__ import annotations

import shutil
from datetime import date, timedelta
from pathlib import Path
from random import Random

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from dagster_project.demo.company import simulate
from dagster_project.demo.server import DemoServer
from tests.conftest import process_left_as_found
from tests.dbt.landing_writer import build
from tests.pipeline.differing import different_tables
from tests.pipeline.hostile import DAYS, make_hostile
from tests.pipeline.life import SERVED, Life

AS_OF = date(2026, 11, 18)
LAST_DAY = AS_OF + timedelta(days=DAYS)
CUSTOMERS = 200

pytestmark = pytest.mark.nightly


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder that lived through it, built every ten days."""
    data_dir = tmp_path_factory.mktemp("month") / "data"
    world = simulate(customers=CUSTOMERS, prospects=40, years=2, employees=80, as_of=AS_OF)
    make_hostile(world, seed=1)
    with process_left_as_found(), DemoServer(world, time_scale=0.001, zendesk_incremental_limit=10_000) as server:
        for system in SERVED:
            server.misbehave(system, "/", "duplicate_rows", times=None)
            server.misbehave(system, "/", "reordered_rows", times=None)
        life = Life(server, data_dir)
        for day in (AS_OF + timedelta(days=number) for number in range(DAYS + 1)):
            life.load(day)
            if (LAST_DAY - day).days % 10 == 0:
                life.build(day)
    return data_dir


def built_anew(landing: Path, data_dir: Path) -> Path:
    """A warehouse made in a fresh folder from landing alone."""
    shutil.copytree(landing, data_dir / "landing", dirs_exist_ok=True)
    with process_left_as_found():
        (data_dir / "warehouse").mkdir()
        build(data_dir, select="resource_type:model", as_of=LAST_DAY.isoformat())
    return warehouse_of(data_dir)


def warehouse_of(data_dir: Path) -> Path:
    return data_dir / "warehouse" / "retention.duckdb"


def test_a_month_of_daily_loads_and_one_build_of_all_of_them_give_the_same_rows_of_every_mart(
    month: Path, tmp_path: Path
) -> None:
    assert different_tables(warehouse_of(month), built_anew(month / "landing", tmp_path)) == {}


def test_neither_the_order_of_files_nor_a_load_that_lands_twice_changes_a_row(month: Path, tmp_path: Path) -> None:
    landing = Path(shutil.copytree(month / "landing", tmp_path / "landed_twice"))
    for system in SERVED:
        land_the_last_load_again(landing, system)
    rng = Random("order")
    for path in sorted(landing.glob("*__*/*.parquet")):
        if path.parent.name != "kept__loads":
            path.rename(path.with_name(f"{rng.randrange(10**9):09d}-{path.name}"))
    # Each load has its row in load_status, so that table alone tells of one more.
    assert set(different_tables(warehouse_of(month), built_anew(landing, tmp_path))) <= {"load_status"}


def land_the_last_load_again(landing: Path, system: str) -> None:
    """The same pages under a load of its own, as a vendor sends them whose cursor was put back."""
    mark = max(landing.glob(f"_dlt_loads/{system}__*.jsonl"), key=lambda path: float(path.stem.split("__")[1]))
    last = mark.stem.split("__")[1]
    again = f"{float(last) + 1:.5f}"
    mark.with_name(f"{system}__{again}.jsonl").write_text(mark.read_text().replace(last, again))
    for path in [*landing.glob(f"{system}__*/{last}.*.parquet"), landing / "kept__loads" / f"{last}.parquet"]:
        rows = pq.read_table(path, partitioning=None)
        for position, name in enumerate(rows.schema.names):
            if name in ("_dlt_load_id", "load_id"):
                named = pc.if_else(pc.is_valid(rows[name]), again, again)
                rows = rows.set_column(position, name, named)
        pq.write_table(rows, path.with_name(path.name.replace(last, again)))
