"""What all tests share: the demo, run twice as a newcomer runs it."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from filelock import FileLock

from dagster_project.settings import PROJECT_DIR


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--seeds", type=int, default=1, help="on how many simulated companies tests/evidence proves")


@dataclass(frozen=True)
class DemoRun:
    """The demo after its second run; `first` and `second` are what it told. For reading: to go on, take a `copy`."""

    data_dir: Path
    first: str
    second: str

    @property
    def publication(self) -> Path:
        return self.data_dir / "published" / "kept.duckdb"

    @property
    def mart_after_first(self) -> Path:
        """The publication of the first run, put aside before the second."""
        return _aside(self.data_dir)

    def copy(self, folder: Path) -> Path:
        """A copy of the data folder, for a test that goes on refreshing or breaks something."""
        return Path(shutil.copytree(self.data_dir, folder))

    def copy_of(self, name: str, folder: Path) -> Path:
        """A copy of one part of the data folder, `landing` say, in another one."""
        return Path(shutil.copytree(self.data_dir / name, folder / name))


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> DemoRun:
    """`make demo` twice, once a session, by whichever worker comes first."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    data_dir = shared / "demo"
    told = [shared / "demo_first.txt", shared / "demo_second.txt"]
    with FileLock(shared / "demo.lock"):
        for transcript in told:
            if not transcript.exists():
                if data_dir.exists():
                    shutil.copy(data_dir / "published" / "kept.duckdb", _aside(data_dir))
                transcript.write_text(_run_demo(data_dir))
    return DemoRun(data_dir, *(transcript.read_text() for transcript in told))


def _aside(data_dir: Path) -> Path:
    return data_dir.with_name("demo_after_first.duckdb")


def _run_demo(data_dir: Path) -> str:
    # As on a machine where nothing of Kept is configured.
    ours = ("KEPT_", "DAGSTER_", "DBT_")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    ended = subprocess.run(
        [sys.executable, "-m", "dagster_project", "demo"],
        cwd=PROJECT_DIR,
        env={**environment, "KEPT_DATA_DIR": str(data_dir)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout
