"""From landing alone: the same mart without any system, and a month as it could have been published at its end."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb
import pytest
from dagster import materialize

from dagster_project import runs
from dagster_project.assets.months import months_asset, settings_of_month
from dagster_project.demo.server import DemoServer
from dagster_project.progress import Narrator
from dagster_project.resources import refresh_lock
from dagster_project.settings import Settings
from tests.conftest import process_left_as_found
from tests.dbt.landing_writer import hand_over_parsed_project
from tests.pipeline.life import DROPS, HOSTILE, LAST_DAY, MONTH_ENDS, Life, LivedCompany, company

pytestmark = pytest.mark.long

MONTH_END = date(2026, 10, 31)


@pytest.fixture(scope="module")
def rebuilt(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The same company from systems that tell each record once and nothing too much, built once from all loads.

    When it is built no credential is set and no address, so nobody could be asked.
    """
    data_dir = tmp_path_factory.mktemp("rebuilt") / "data"
    with process_left_as_found():
        with DemoServer(company(), time_scale=0.01) as server:
            life = Life(server, data_dir)
            life.speak_hostile()
            for day, drop in zip(MONTH_ENDS, DROPS, strict=True):
                drop(company(), data_dir / "drop", day)
                life.load(day)
            life.load(LAST_DAY)
        settings = Settings(data_dir=data_dir, as_of=LAST_DAY)
        hand_over_parsed_project(settings.dbt_target_dir)
        tell = Narrator()
        assert runs.rebuild(settings, tell), tell.problems
        return settings


def differing_rows(left: str, right: str) -> str:
    return f"select count(*) from (({left} except all {right}) union all ({right} except all {left}))"


def test_a_warehouse_rebuilt_from_landing_alone_is_that_of_refreshes_whatever_disorder_they_met(
    lived: LivedCompany, rebuilt: Settings
) -> None:
    with duckdb.connect(str(rebuilt.published_dir / "kept.duckdb"), read_only=True) as connection:
        connection.execute(f"attach '{lived.publication}' as refreshed (read_only)")
        tables = connection.execute("select table_name from duckdb_tables() where database_name = 'kept'").fetchall()
        assert len(tables) > 12
        counts = {
            table: connection.execute(differing_rows(f"from mart.{table}", f"from refreshed.mart.{table}")).fetchall()[
                0
            ][0]
            for (table,) in tables
            # The refreshed company has loads more, and rows twice in each.
            if table != "load_status"
        }
        assert {table: count for table, count in counts.items() if count} == {}


def test_what_people_type_and_paste_stands_in_the_mart_as_it_came(rebuilt: Settings) -> None:
    with duckdb.connect(str(rebuilt.published_dir / "kept.duckdb"), read_only=True) as connection:
        for table, column in (("customers", "customer_name"), ("employees", "full_name")):
            told = connection.execute(f"select {column} from mart.{table} where {column} is not null").fetchall()
            intact = [name for (name,) in told if HOSTILE.strip() in name]
            assert len(intact) > len(told) / 2, told[:3]


@pytest.mark.nightly
def test_a_month_backfilled_is_the_month_as_it_was_known_and_what_stands_published_stays(rebuilt: Settings) -> None:
    standing = (rebuilt.published_dir / "kept.duckdb").read_bytes()
    month = f"{MONTH_END:%Y-%m}"
    with process_left_as_found():
        result = materialize(
            [months_asset(rebuilt)],
            partition_key=month,
            resources={"refresh_lock": refresh_lock(rebuilt, Narrator())},
        )
    assert result.success
    assert (rebuilt.published_dir / "kept.duckdb").read_bytes() == standing
    of_month: Path = settings_of_month(rebuilt, month).published_dir / "kept.duckdb"
    with duckdb.connect(str(of_month), read_only=True) as connection:
        connection.execute(f"attach '{rebuilt.published_dir / 'kept.duckdb'}' as today (read_only)")
        last_day = connection.execute("select max(as_of_on) from mart.customer_months").fetchall()
        assert last_day == [(MONTH_END,)]
        # A merge and what is read from job titles restate; the test of the two clocks says so too.
        columns = "* exclude (is_current, segment, personas_touched_180d, user_touch_share_180d)"
        of_then = f"""select {columns} from {{}}.customer_months where as_of_on = date '{MONTH_END}'
            and customer_id not in (select entity_id from today.mart.identity_links where rule = 'merged_in_crm')"""
        assert connection.execute(f"select count(*) > 40 from ({of_then.format('mart')})").fetchall() == [(True,)]
        different = differing_rows(of_then.format("mart"), of_then.format("today.mart"))
        assert connection.execute(different).fetchall() == [(0,)]
