"""Processes that get in each other's way: killed loads and publications, readers during both, two refreshes at once."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import time
from io import StringIO
from pathlib import Path
from random import Random

import pyarrow.parquet as pq
import pytest

from dagster_project.assets import models
from dagster_project.loads import land, one_at_a_time, recorded_loads
from dagster_project.progress import Narrator
from dagster_project.settings import Settings
from tests.house.at_work import (
    killed_at_work,
    land_on,
    processes,
    publish_number,
    publish_on,
    read_both,
    read_on,
    refresh_once,
)
from tests.house.fakes import COMPANIES, ScriptedSource, admitting

READERS, PUBLICATIONS = 8, 20


def admitted_companies(settings: Settings) -> list[int]:
    """Ids in the order of their loads, of the files that a reader of landing counts."""
    loads = {row["load_id"] for row in recorded_loads(settings) if row["verdict"] == "admitted"}
    folder = settings.landing_dir / COMPANIES.name
    rows = [
        row for path in sorted(folder.glob("*.parquet")) for row in pq.read_table(path, partitioning=None).to_pylist()
    ]
    return [int(row["id"]) for row in rows if row["_dlt_load_id"] in loads]


def load_once(settings: Settings) -> None:
    with one_at_a_time(settings, Narrator()):
        assert land(ScriptedSource(), settings, admitting, Narrator()).verdict == "admitted"


@pytest.mark.parametrize("kills", [6, pytest.param(100, marks=pytest.mark.nightly)])
def test_loads_killed_at_any_moment_lose_nothing_and_double_nothing(settings: Settings, kills: int) -> None:
    rng = Random("loads")
    for _ in range(kills):
        killed_at_work(rng.random(), land_on, settings)
    load_once(settings)
    landed = admitted_companies(settings)
    assert len(landed) > kills
    assert landed == list(range(len(landed)))


@pytest.mark.parametrize("kills", [6, pytest.param(100, marks=pytest.mark.nightly)])
def test_publications_killed_at_any_moment_leave_a_whole_one(settings: Settings, kills: int) -> None:
    publish_number(settings, 0)
    number, rng = 0, Random("publications")
    for _ in range(kills):
        killed_at_work(rng.random(), publish_on, settings, number + 1)
        database, parquet = read_both(settings.published_dir)
        # The two forms are swapped in one after the other: between them each is whole, the second a refresh behind.
        assert database in (parquet, parquet + 1)
        assert database > number
        number = database
    publish_number(settings, number + 1)
    assert read_both(settings.published_dir) == (number + 1, number + 1)
    assert list(settings.published_dir.rglob(".*")) == []


def test_eight_readers_see_twenty_publications_whole_and_never_an_error(settings: Settings) -> None:
    publish_number(settings, 0)
    context = processes()
    answers, troubles, is_over = context.Array("q", READERS), context.Queue(), context.Event()
    readers = [
        context.Process(target=read_on, args=(settings.published_dir, reader, answers, troubles, is_over), daemon=True)
        for reader in range(READERS)
    ]
    for reader in readers:
        reader.start()
    try:
        for number in range(1, PUBLICATIONS + 1):
            before = list(answers)
            publish_number(settings, number)
            # Between two publications lies a day: everybody has ended what they were asking, and asked once more.
            patience_ends = time.monotonic() + 60
            while any(now < then + 2 for now, then in zip(answers, before, strict=True)):
                assert time.monotonic() < patience_ends, "a reader stands still"
                time.sleep(0.005)
    finally:
        is_over.set()
        for reader in readers:
            reader.join(30)
    assert troubles.empty(), troubles.get()
    assert read_both(settings.published_dir) == (PUBLICATIONS, PUBLICATIONS)


def test_of_two_refreshes_at_once_the_second_says_that_it_waits_and_both_land(settings: Settings) -> None:
    context = processes()
    told = context.Queue()
    refreshes = [context.Process(target=refresh_once, args=(settings, told)) for _ in range(2)]
    with one_at_a_time(settings, Narrator()):
        for refresh in refreshes:
            refresh.start()
        line = f"Another refresh is writing to {settings.data_dir}; waiting until it is done."
        assert [told.get(timeout=60) for _ in refreshes] == [line, line]
        assert told.empty()
    assert [told.get(timeout=60) for _ in refreshes] == ["admitted", "admitted"]
    for refresh in refreshes:
        refresh.join(30)
    assert admitted_companies(settings) == [0, 1]


def test_what_a_killed_refresh_had_started_is_waited_for(settings: Settings) -> None:
    """A dbt without its refresh goes on writing; nobody writes beside it."""
    script = (
        "import subprocess, sys, time; from pathlib import Path; from dagster_project.loads import one_at_a_time\n"
        "from dagster_project.progress import Narrator; from dagster_project.settings import Settings\n"
        "with one_at_a_time(Settings(data_dir=Path(sys.argv[1])), Narrator()):\n"
        "    print(subprocess.Popen(['sleep', '60'], stdout=subprocess.DEVNULL).pid, flush=True); time.sleep(60)"
    )
    refresh = subprocess.Popen([sys.executable, "-c", script, settings.data_dir], stdout=subprocess.PIPE, text=True)
    assert refresh.stdout is not None
    orphan = int(refresh.stdout.readline())
    refresh.kill()
    refresh.wait()
    waiting = StringIO()

    class Waiting(Narrator):
        def line(self, text: str = "") -> None:
            waiting.write(text)
            # Run in the background, everything here is deaf to SIGINT, and by Dagster's doing to SIGTERM with it.
            os.kill(orphan, signal.SIGKILL)

    with one_at_a_time(settings, Waiting()):
        assert waiting.getvalue().startswith("Another refresh is writing to")


def test_a_disk_that_is_full_fails_the_load_and_moves_nothing(settings: Settings) -> None:
    load_once(settings)
    context = processes()
    for bytes_left in (0, 500, 1_500, 5_000):
        filled = context.Process(target=load_on_a_full_disk, args=(settings, bytes_left))
        filled.start()
        filled.join(60)
        assert filled.exitcode == 0
        assert admitted_companies(settings) == [0]
    load_once(settings)
    assert admitted_companies(settings) == [0, 1]


def load_on_a_full_disk(settings: Settings, bytes_left: int) -> None:
    settings.prepare()
    resource.setrlimit(resource.RLIMIT_FSIZE, (bytes_left, bytes_left))
    load = land(ScriptedSource(), settings, admitting, Narrator())
    assert load.verdict == "failed" and load.reason is not None and "\n" not in load.reason, load


def test_a_disk_that_is_full_leaves_the_last_publication(settings: Settings) -> None:
    publish_number(settings, 0)
    context = processes()
    for bytes_left in (10, 10_000, 60_000):
        filled = context.Process(target=publish_on_a_full_disk, args=(settings, bytes_left))
        filled.start()
        filled.join(60)
        assert filled.exitcode == 1
        assert read_both(settings.published_dir) == (0, 0)
    publish_number(settings, 1)
    assert read_both(settings.published_dir) == (1, 1)
    assert list(settings.published_dir.rglob(".*")) == []


def publish_on_a_full_disk(settings: Settings, bytes_left: int) -> None:
    from dagster_project.assets.published import publish

    settings.prepare()
    resource.setrlimit(resource.RLIMIT_FSIZE, (bytes_left, bytes_left))
    publish(settings)


def test_half_a_file_that_a_killed_load_left_is_read_by_nobody(settings: Settings) -> None:
    load_once(settings)
    torn: Path = settings.landing_dir / COMPANIES.name / "1795295746.1.0.parquet"
    torn.write_bytes(b"PAR1 and no end")
    with one_at_a_time(settings, Narrator()):
        assert not torn.exists()
    assert admitted_companies(settings) == [0]


@pytest.mark.parametrize(("left", "is_read_anew"), [('{"nodes": {}', True), ('{"nodes": {}}', False)])
def test_half_a_manifest_that_a_killed_dbt_left_is_written_anew(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, left: str, is_read_anew: bool
) -> None:
    asked: list[list[str]] = []

    class Dbt:
        def cli(self, arguments: list[str], **_: object) -> Dbt:
            asked.append(arguments)
            return self

        def wait(self) -> Dbt:
            return self

        def is_successful(self) -> bool:
            return True

    monkeypatch.setattr(models, "dbt_resource", lambda _: Dbt())
    settings.dbt_target_dir.mkdir()
    (settings.dbt_target_dir / "manifest.json").write_text(left)
    models.prepare_manifest(settings)
    assert asked == ([["parse"]] if is_read_anew else [])
