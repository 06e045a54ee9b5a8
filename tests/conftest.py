"""What all tests share: the demo run twice as a newcomer runs it, and settings that point at a demo server."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import pytest
from filelock import FileLock

from dagster_project.demo.company import DEFAULT_AS_OF, World, simulate
from dagster_project.demo.server import DemoServer
from dagster_project.settings import PROJECT_DIR, Settings


@dataclass(frozen=True)
class DemoRun:
    """The demo after its second run; `first` and `second` are what it told. Read it, or take a `copy` to break things."""

    data_dir: Path
    first: str
    second: str

    @property
    def publication(self) -> Path:
        return self.data_dir / "published" / "kept.duckdb"

    @property
    def mart_after_first(self) -> Path:
        """The publication of the first run, put aside before the second."""
        return self.data_dir.with_name("demo_after_first.duckdb")

    @property
    def settings(self) -> Settings:
        return Settings(data_dir=self.data_dir, as_of=DEFAULT_AS_OF)

    def copy(self, folder: Path) -> Path:
        """A copy of the data folder, for a test that goes on refreshing."""
        return Path(shutil.copytree(self.data_dir, folder))


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> DemoRun:
    """`make demo` twice, once a session, by whichever worker comes first."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    run = DemoRun(shared / "demo", "", "")
    told = [shared / "demo_first.txt", shared / "demo_second.txt"]
    with FileLock(shared / "demo.lock"):
        for transcript in told:
            if not transcript.exists():
                if run.publication.exists():
                    shutil.copy(run.publication, run.mart_after_first)
                transcript.write_text(_demo(run.data_dir))
    return replace(run, first=told[0].read_text(), second=told[1].read_text())


def _demo(data_dir: Path) -> str:
    command = [sys.executable, "-m", "dagster_project", "demo"]
    # As on a machine where nothing of Kept is configured.
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("KEPT_", "DAGSTER_", "DBT_"))
    }
    environment["KEPT_DATA_DIR"] = str(data_dir)
    ended = subprocess.run(command, cwd=PROJECT_DIR, env=environment, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


@pytest.fixture(scope="session")
def demo_world() -> World:
    """The simulated company as `make demo` shows it."""
    return simulate()


@pytest.fixture
def environment_put_back() -> Iterator[None]:
    """What a test's settings hand to dlt, dbt and Dagster ends with the test."""
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)


def settings_for(server: DemoServer, data_dir: Path, as_of: date) -> Settings:
    """Settings that point the connectors at a demo server, whose clock is put to the end of the as-of day."""
    server.clock = as_of
    return Settings.from_env({**server.environment, "KEPT_DATA_DIR": str(data_dir), "KEPT_AS_OF": as_of.isoformat()})
