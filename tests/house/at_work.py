"""What tests start in processes of their own, to be killed or to wait for each other: loads, publications, readers."""

from __future__ import annotations

import json
import multiprocessing
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import count
from multiprocessing.context import ForkServerContext, ForkServerProcess
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

import dlt  # noqa: F401 - loaded here, once, and not in every process anew
import duckdb

from dagster_project.assets.published import publish
from dagster_project.loads import Batch, land, one_at_a_time
from dagster_project.progress import Narrator
from dagster_project.settings import Settings
from expectations import Outcome
from tests.house.fakes import ScriptedSource, admitting

ROWS = 2_000
# Longer than any test waits for a reader: one whose test was killed does not read for ever.
READS_FOR_SECONDS = 300
READER_RESTS_SECONDS = 0.03


def processes() -> ForkServerContext:
    """Forked from a clean process that has imported all of this once."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    return context


def killed_at_work(moment: float, work: Callable[..., Iterator[None]], *arguments: Any) -> None:
    """Start work that goes on piece after piece, and kill it after the first, at a share of the time that one took."""
    context = processes()
    seconds = context.Value("d", 0.0)
    process: ForkServerProcess = context.Process(target=go_on, args=(seconds, work, arguments), daemon=True)
    process.start()
    while not seconds.value:
        assert process.is_alive(), "the work failed before it could be killed"
        time.sleep(0.01)
    time.sleep(moment * seconds.value)
    assert process.is_alive(), "the work failed before it could be killed"
    process.kill()
    process.join()


def go_on(seconds: Any, work: Callable[..., Iterator[None]], arguments: Sequence[Any]) -> None:
    started = time.monotonic()
    for _ in work(*arguments):
        seconds.value = seconds.value or time.monotonic() - started


def land_on(settings: Settings) -> Iterator[None]:
    """Load after load, each with a look at every row by the gate."""
    settings.prepare()
    while True:
        with one_at_a_time(settings, Narrator()):
            land(ScriptedSource(), settings, slowly_admitting, Narrator())
        yield


def slowly_admitting(batch: Batch) -> Sequence[Outcome]:
    time.sleep(0.02)
    return admitting(batch)


def publish_on(settings: Settings, first: int) -> Iterator[None]:
    """Publication after publication, numbered."""
    settings.prepare()
    for number in count(first):
        publish_number(settings, number)
        yield


def publish_number(settings: Settings, number: int) -> None:
    """A publication of marts that all bear its number, as does the count of their rows."""
    with duckdb.connect(str(settings.warehouse_path)) as connection:
        connection.execute("create schema if not exists mart")
        connection.execute("begin")
        connection.execute(
            f"create or replace table mart.touches as select {number} as publication, i as touch_id, "
            f"repeat('what was said', 5) as body from range({ROWS + number}) as numbers (i)"
        )
        connection.execute(f"create or replace table mart.customers as select {number} as publication")
        connection.execute("commit")
    manifest = settings.dbt_target_dir / "manifest.json"
    if not manifest.exists():
        manifest.parent.mkdir(exist_ok=True)
        manifest.write_text(json.dumps({"nodes": {}}))
    publish(settings)


def read_both(published_dir: Path, connection: duckdb.DuckDBPyConnection | None = None) -> tuple[int, int]:
    """The numbers of the publication in both its forms; raises AssertionError if one holds parts of two."""
    if connection is None:
        with duckdb.connect() as connection:
            return read_both(published_dir, connection)
    parquet = published_dir / "parquet"
    folder = parquet / (parquet / "current").read_text().strip()
    connection.execute(f"attach '{published_dir / 'kept.duckdb'}' as kept (read_only)")
    try:
        return (
            number_of(connection, "kept.mart.touches", "kept.mart.customers"),
            number_of(connection, f"'{folder}/touches.parquet'", f"'{folder}/customers.parquet'"),
        )
    finally:
        connection.execute("detach kept")


def number_of(connection: duckdb.DuckDBPyConnection, touches: str, customers: str) -> int:
    told = connection.execute(
        f"select count(*) - {ROWS}, min(publication), max(publication), (select publication from {customers}) "
        f"from {touches}"
    ).fetchall()[0]
    assert len(set(told)) == 1, f"parts of several publications: {told}"
    return int(told[0])


def read_on(published_dir: Path, reader: int, answers: Any, troubles: Any, is_over: Event) -> None:
    """Open and query both forms, again and again; counts answers, and hands on whatever went wrong.

    Ends by itself if forgotten.
    """
    ends_at = time.monotonic() + READS_FOR_SECONDS
    # To begin with, DuckDB itself costs ten times what it costs to open a file and ask.
    with duckdb.connect() as connection:
        while time.monotonic() < ends_at:
            try:
                read_both(published_dir, connection)
            except Exception as error:  # noqa: BLE001 - whatever a reader meets is what the test asks about.
                troubles.put(f"{type(error).__name__}: {error}")
            answers[reader] += 1
            # Readers that never rest would leave nobody a core to publish with.
            if is_over.wait(READER_RESTS_SECONDS):
                return


class Hearing(Narrator):
    """Hands on what is told to another process."""

    def __init__(self, told: Any) -> None:
        super().__init__()
        self._told = told

    def line(self, text: str = "") -> None:
        self._told.put(text)


def refresh_once(settings: Settings, told: Any) -> None:
    """Load something as a refresh does; hands on what it told, and its verdict."""
    settings.prepare()
    with one_at_a_time(settings, Hearing(told)):
        told.put(land(ScriptedSource(), settings, admitting, Narrator()).verdict)
