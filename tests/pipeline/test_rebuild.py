"""From landing alone: the same mart without any system, and a month as it could have been published at its end."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from dagster import materialize

from dagster_project import runs
from dagster_project.assets.months import months_asset, settings_of_month
from dagster_project.demo.company import DEFAULT_AS_OF
from dagster_project.progress import Narrator
from dagster_project.resources import refresh_lock
from dagster_project.settings import Settings
from tests.conftest import DemoRun

MONTH = "2026-08"


@pytest.fixture(scope="module")
def rebuilt(demo: DemoRun, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The demo's landing in another place; no credential and no address, so nobody could be asked."""
    data_dir = tmp_path_factory.mktemp("rebuilt") / "data"
    demo.copy_of("landing", data_dir)
    settings = Settings(data_dir=data_dir, as_of=DEFAULT_AS_OF)
    tell = Narrator()
    assert runs.rebuild(settings, tell), tell.problems
    return settings


def test_the_warehouse_rebuilt_from_landing_alone_publishes_the_same_mart(demo: DemoRun, rebuilt: Settings) -> None:
    with duckdb.connect(str(rebuilt.published_dir / "kept.duckdb"), read_only=True) as connection:
        connection.execute(f"attach '{demo.publication}' as before (read_only)")
        tables = connection.execute("select table_name from duckdb_tables() where database_name = 'kept'").fetchall()
        assert len(tables) > 12
        for (table,) in tables:
            for left, right in (("before.mart", "mart"), ("mart", "before.mart")):
                different = f"select count(*) from (from {left}.{table} except all from {right}.{table})"
                assert connection.execute(different).fetchall() == [(0,)], table


def test_a_month_backfilled_is_the_month_as_it_was_known_and_what_stands_published_stays(rebuilt: Settings) -> None:
    standing = (rebuilt.published_dir / "kept.duckdb").read_bytes()
    result = materialize(
        [months_asset(rebuilt)],
        partition_key=MONTH,
        resources={"refresh_lock": refresh_lock(rebuilt, Narrator())},
    )
    assert result.success
    assert (rebuilt.published_dir / "kept.duckdb").read_bytes() == standing
    of_month: Path = settings_of_month(rebuilt, MONTH).published_dir / "kept.duckdb"
    with duckdb.connect(str(of_month), read_only=True) as connection:
        connection.execute(f"attach '{rebuilt.published_dir / 'kept.duckdb'}' as today (read_only)")
        assert connection.execute("select cast(max(as_of_on) as text) from mart.customer_months").fetchall() == [
            ("2026-08-31",)
        ]
        of_then = f"select * exclude (is_current) from {{}}.customer_months where month = date '{MONTH}-01'"
        then, now = of_then.format("mart"), of_then.format("today.mart")
        for left, right in ((then, now), (now, then)):
            assert connection.execute(f"select count(*) from ({left} except all {right})").fetchall() == [(0,)]
