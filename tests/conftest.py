"""What all tests share, made once a session: the demo as a newcomer runs it, and a company lived through for weeks."""

from __future__ import annotations

import os
import pickle
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Thread
from typing import TypeVar

import pytest
from filelock import FileLock
from hypothesis import settings

from dagster_project.settings import PROJECT_DIR
from tests.pipeline.life import LivedCompany, live

Made = TypeVar("Made")

# Two cores that build a warehouse beside a test make any test slow once in a while: that is no fault of the code.
settings.register_profile("kept", deadline=None)
settings.load_profile("kept")


# What lives through whole refreshes comes first, a worker each: last, one core would wait minutes for the other. What
# stands on these comes when they are done; what mostly waits, for vendors that are slow, goes on beside them.
BEGIN_WITH = ("test_demo.py", "test_next_day.py", "sources", "dbt", "house", "pipeline")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    def place(item: pytest.Item) -> int:
        words = (item.path.name, item.path.parent.name)
        return next((rank for rank, word in enumerate(BEGIN_WITH) if word in words), len(BEGIN_WITH))

    items.sort(key=place)
    for item in items:
        if "lived" in getattr(item, "fixturenames", ()):
            item.add_marker("long")


def once_a_session(tmp_path_factory: pytest.TempPathFactory, name: str, make: Callable[[Path], Made]) -> Made:
    """What `make` makes in a folder of that name, by whichever worker comes first; the others wait and read it."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    kept = shared / f"{name}.pickle"
    with FileLock(shared / f"{name}.lock"):
        if not kept.exists():
            made = make(shared / name)
            kept.write_bytes(pickle.dumps(made))
    found: Made = pickle.loads(kept.read_bytes())
    return found


@contextmanager
def process_left_as_found() -> Iterator[None]:
    """Preparing a data folder sets the environment and the umask of the whole process."""
    before, mask = dict(os.environ), os.umask(0o022)
    for name in [name for name in os.environ if name.startswith("KEPT_")]:
        del os.environ[name]
    try:
        yield
    finally:
        os.umask(mask)
        os.environ.clear()
        os.environ.update(before)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--accept-snapshots", action="store_true", help="keep how components look now as how they should")
    parser.addoption("--seeds", type=int, default=1, help="on how many simulated companies tests/evidence proves")


@dataclass(frozen=True)
class DemoRun:
    """The demo, what it told, and what it asked of anybody outside. For reading: to go on, copy the folder."""

    data_dir: Path
    told: str
    asked_outside: tuple[str, ...]

    @property
    def publication(self) -> Path:
        return self.data_dir / "published" / "kept.duckdb"

    def copy(self, folder: Path) -> Path:
        """A copy of the data folder, for a test that breaks something."""
        return Path(shutil.copytree(self.data_dir, folder))


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> DemoRun:
    """`make demo`, the first time."""
    return once_a_session(tmp_path_factory, "demo", run_demo)


@pytest.fixture(scope="session")
def lived(tmp_path_factory: pytest.TempPathFactory) -> LivedCompany:
    """A company whose systems tell too much, twice and in disorder, through two month ends and a refresh."""
    with process_left_as_found():
        return once_a_session(tmp_path_factory, "lived", live)


@contextmanager
def way_out() -> Iterator[tuple[str, list[str]]]:
    """A proxy through which every library would go out, and what it was asked for; it lets nobody through."""
    asked: list[str] = []

    class Refusing(StreamRequestHandler):
        def handle(self) -> None:
            asked.append(self.rfile.readline().decode().strip())

    with ThreadingTCPServer(("127.0.0.1", 0), Refusing) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}", asked
        server.shutdown()


def run_demo(data_dir: Path) -> DemoRun:
    # As on a machine where nothing of Kept is configured.
    ours = ("KEPT_", "DAGSTER_", "DBT_")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    with way_out() as (proxy, asked):
        outside = {"HTTP_PROXY": proxy, "HTTPS_PROXY": proxy, "NO_PROXY": "127.0.0.1"}
        ended = subprocess.run(
            [sys.executable, "-m", "dagster_project", "demo"],
            cwd=PROJECT_DIR,
            # The small names outrank the others where somebody has set them.
            env={**environment, **outside, **{name.lower(): value for name, value in outside.items()},
                 "KEPT_DATA_DIR": str(data_dir)},
            capture_output=True,
            text=True,
            check=False,
        )  # fmt: skip
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return DemoRun(data_dir, ended.stdout, tuple(asked))
