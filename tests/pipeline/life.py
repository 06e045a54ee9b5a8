"""A simulated company lived through day by day: landed through the real gate, built by dbt, looked at."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from dagster_project.checks import judge_batch
from dagster_project.demo.company import World
from dagster_project.demo.server import DemoServer
from dagster_project.loads import SystemLoad, land
from dagster_project.progress import Narrator
from dagster_project.resources import connect
from dagster_project.settings import Settings
from tests.dbt.landing_writer import Row, build, invoke_dbt, query

SYSTEMS = ("hubspot", "zendesk", "bamboohr")
# Zendesk leaves out the last minute and HubSpot's search lags: a day is complete a little after it is over.
AFTER_MIDNIGHT = timedelta(minutes=5)


class Life:
    """One company, one server, one data folder."""

    def __init__(self, server: DemoServer, data_dir: Path) -> None:
        self.server = server
        self.data_dir = data_dir

    @property
    def drop_dir(self) -> Path:
        return self.data_dir / "drop"

    def load(self, day: date, systems: Sequence[str] = SYSTEMS) -> dict[str, SystemLoad]:
        """Everything that is new at the end of a day, through gate 1; every load must be admitted."""
        self.server.clock = datetime.combine(day, time(), UTC) + timedelta(days=1) + AFTER_MIDNIGHT
        environment = {**self.server.environment, "KEPT_DATA_DIR": str(self.data_dir), "KEPT_AS_OF": day.isoformat()}
        settings = Settings.from_env(environment)
        settings.prepare()
        loads = {system: land(connect(system, settings), settings, judge_batch, Narrator()) for system in systems}
        assert {load.verdict for load in loads.values()} == {"admitted"}, [load.reason for load in loads.values()]
        return loads

    def build(self, as_of: date) -> None:
        build(self.data_dir, select="resource_type:model", as_of=as_of.isoformat())

    def test(self, as_of: date) -> None:
        """Every data test of every layer; raises with the names of those that fail."""
        invoke_dbt(self.data_dir, ["test", "--exclude", "resource_type:unit_test"], as_of=as_of.isoformat())

    def rows(self, sql: str) -> list[Row]:
        return query(self.data_dir, sql)

    def rebuilt_elsewhere(self, folder: Path) -> Life:
        """The same landing in another folder, so that a second warehouse can be built from it."""
        shutil.copytree(self.data_dir / "landing", folder / "landing")
        return Life(self.server, folder)


@contextmanager
def living(world: World, data_dir: Path) -> Iterator[Life]:
    with DemoServer(world, time_scale=0.01) as server:
        yield Life(server, data_dir)
