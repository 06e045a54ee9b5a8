"""Refreshes killed at any moment, and on a disk that is full: readers notice nothing, and the next one repairs all."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from random import Random

import duckdb
import pytest

from dagster_project.demo.company import DEFAULT_AS_OF, simulate
from dagster_project.demo.server import DemoServer
from dagster_project.settings import PROJECT_DIR
from tests.pipeline.differing import different_tables

KILLS = 50
DAYS = tuple(DEFAULT_AS_OF + timedelta(days=day) for day in (0, 1, 2))
# How many refreshes were made, and when, is what these two tell; a refresh that was killed is one of them.
ABOUT_REFRESHES = {"load_status", "restatements"}
# Bytes of the largest file: too few for anything, for rows, and for the warehouse.
FULL_AT = (20_000, 300_000, 4_000_000)


class Refreshes:
    """Refreshes of one data folder, each in a process of its own, as a scheduler starts them."""

    def __init__(self, server: DemoServer, data_dir: Path) -> None:
        self.server, self.data_dir = server, data_dir

    def start(self, day: date, file_size: int = resource.RLIM_INFINITY) -> subprocess.Popen[str]:
        """Begin the refresh of a day; `file_size` is where the disk is full."""
        self.server.clock = day
        ours = ("KEPT_", "DAGSTER_", "DBT_")
        environment = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
        environment |= {"KEPT_DATA_DIR": str(self.data_dir), "KEPT_AS_OF": day.isoformat(), **self.server.environment}
        return subprocess.Popen(
            [sys.executable, "-m", "dagster_project", "refresh"],
            cwd=PROJECT_DIR,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (file_size, file_size)),
        )

    def run(self, day: date) -> float:
        """A refresh that nobody disturbs; the seconds it took."""
        started = time.monotonic()
        running = self.start(day)
        told, _ = running.communicate()
        assert running.returncode == 0, told
        return time.monotonic() - started

    @property
    def publication(self) -> Path:
        return self.data_dir / "published" / "kept.duckdb"

    @contextmanager
    def being_read(self) -> Iterator[list[str]]:
        """Somebody looks at what stands published without pause; what went wrong for them."""
        troubles: list[str] = []
        is_over = threading.Event()

        def look() -> None:
            parquet = self.data_dir / "published" / "parquet"
            while not is_over.is_set():
                try:
                    with duckdb.connect() as connection:
                        connection.execute(f"attach '{self.publication}' as kept (read_only)")
                        totals = connection.execute(
                            whole("kept.mart.customer_lifecycle", "kept.mart.customers")
                        ).fetchall()
                        folder = parquet / (parquet / "current").read_text().strip()
                        files = (f"'{folder}/customer_lifecycle.parquet'", f"'{folder}/customers.parquet'")
                        totals += connection.execute(whole(*files)).fetchall()
                    if not all(row[0] and row[1] == 0 for row in totals):
                        troubles.append(f"not whole: {totals}")
                except (duckdb.Error, OSError) as error:
                    troubles.append(str(error))
                time.sleep(0.2)

        reader = threading.Thread(target=look, daemon=True)
        reader.start()
        try:
            yield troubles
        finally:
            is_over.set()
            reader.join(30)


def whole(customers: str, companies: str) -> str:
    """Customers, and those among them that the same publication knows no company of."""
    return (
        f"select count(*), count(*) filter (customer_id not in (select customer_id from {companies})) from {customers}"
    )


@pytest.mark.nightly
def test_fifty_refreshes_killed_at_any_moment_end_in_the_rows_of_undisturbed_ones(tmp_path: Path) -> None:
    rng = Random("killed")
    world = simulate(customers=20, prospects=6, years=2, employees=30)
    with DemoServer(world, time_scale=0.01) as server:
        killed, twin = Refreshes(server, tmp_path / "killed"), Refreshes(server, tmp_path / "twin")
        killed.run(DAYS[0])
        seconds = killed.run(DAYS[0])
        with killed.being_read() as troubles:
            for day in DAYS[1:]:
                kills = 0
                while kills < KILLS / len(DAYS[1:]):
                    kills += was_killed(killed, rng, day, seconds)
                killed.run(day)
        for day in DAYS:
            twin.run(day)
    assert troubles == []
    assert set(different_tables(killed.publication, twin.publication)) <= ABOUT_REFRESHES


def was_killed(refreshes: Refreshes, rng: Random, day: date, seconds: float) -> bool:
    """Begin a refresh, and kill it if it has not ended by then, as one on a full disk may have."""
    refresh = refreshes.start(day, rng.choice(FULL_AT) if rng.random() < 0.1 else resource.RLIM_INFINITY)
    try:
        # More of them early, where the most kinds of work follow each other.
        refresh.communicate(timeout=seconds * rng.random() ** 1.5)
        return False
    except subprocess.TimeoutExpired:
        if rng.random() < 0.3:
            # Its dbt goes on alone.
            refresh.kill()
        else:
            os.killpg(refresh.pid, signal.SIGKILL)
        refresh.wait()
        assert refresh.stdout is not None
        refresh.stdout.close()
        return True
