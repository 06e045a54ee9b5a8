"""What refusals and crashes leave byte for byte, and what an interrupted load still knows when it is judged."""

from __future__ import annotations

import shutil
import threading
from dataclasses import replace
from datetime import UTC, date, datetime
from io import StringIO
from typing import Any

import pyarrow.parquet as pq
import pytest
from dlt.destinations.impl.filesystem.filesystem import FilesystemClient

from dagster_project.fields import Seen, from_json
from dagster_project.loads import LOADS_SCHEMA, Judge, SystemLoad, land, one_at_a_time, recorded_loads
from dagster_project.past import Batch
from dagster_project.progress import Narrator
from dagster_project.settings import Settings
from tests.house.fakes import COMPANIES, OWNERS, ScriptedSource, admitting, files, refusing


class Killed(BaseException):
    """Stands for the end of the process: nothing in the project may catch it."""


class OtherSystem(ScriptedSource):
    """A second system, with a table of its own."""

    system = "other"
    tables = (replace(COMPANIES, name="other__companies"),)

    def read(self, state: dict[str, Any], landed_at: datetime) -> Any:
        for _, records in super().read(state, landed_at):
            yield "other__companies", records


def run(
    settings: Settings, source: ScriptedSource | None = None, judge: Judge = admitting, tell: Narrator | None = None
) -> SystemLoad:
    return land(source or ScriptedSource(), settings, judge, tell or Narrator())


def killed(_: Batch) -> Any:
    raise Killed


def cut_short_before_the_gate(settings: Settings) -> None:
    with pytest.raises(Killed):
        run(settings, judge=killed)


def cut_short_before_the_mark(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows and state lie in landing already."""
    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(FilesystemClient, "complete_load", lambda *_: killed(_))
        run(settings)


def of_companies(settings: Settings) -> list[dict[str, Any]]:
    return [row for row in recorded_loads(settings) if row["source_table"] == COMPANIES.name]


def test_every_load_leaves_its_figures_table_by_table(settings: Settings) -> None:
    backdated = replace(settings, as_of=date(2026, 3, 31))
    load = run(backdated)
    (path,) = (settings.landing_dir / "kept__loads").glob("*.parquet")
    assert pq.read_schema(path).equals(LOADS_SCHEMA)
    rows = {row["source_table"]: row for row in recorded_loads(settings)}
    assert rows[COMPANIES.name] == {
        "source_system": "hubspot",
        "source_table": COMPANIES.name,
        "load_id": load.load_id,
        "landed_at": datetime.fromisoformat("2026-03-31 23:59:59.999999"),
        "is_complete": True,
        "row_count": 1,
        "newest_record_at": "0",
        "rules_passed": 1,
        "rules_warned": 0,
        "rules_failed": 0,
        "verdict": "admitted",
        "reason": None,
        "rows_held_back": 0,
        "fields": rows[COMPANIES.name]["fields"],
    }
    assert from_json(rows[COMPANIES.name]["fields"]) == {
        "id": Seen(1, 1, {"number": 1}),
        "properties": Seen(1, 1, {"object": 1}),
        "properties.name": Seen(1, 1, {"text": 1}),
        "other_fields": Seen(1, 1, {"object": 1}),
        "other_fields.lifecycle": Seen(1, 1, {"empty": 1}),
    }
    assert rows[OWNERS.name] == rows[COMPANIES.name] | {
        "source_table": OWNERS.name,
        "row_count": 0,
        "newest_record_at": None,
        "fields": "{}",
    }


def test_a_load_without_an_as_of_day_is_stamped_with_the_time_it_ran(settings: Settings) -> None:
    before = datetime.now(UTC).replace(tzinfo=None)
    run(settings)
    after = datetime.now(UTC).replace(tzinfo=None)
    assert all(before <= row["landed_at"] <= after for row in recorded_loads(settings))


def test_a_refused_load_leaves_landing_and_publication_byte_for_byte(settings: Settings) -> None:
    run(settings)
    (settings.published_dir / "kept.duckdb").write_bytes(b"what people read")
    landing, published = files(settings.landing_dir), files(settings.published_dir)
    refused = run(settings, judge=refusing)
    after = files(settings.landing_dir)
    assert set(after) - set(landing) == {f"kept__loads/{refused.load_id}.parquet"}
    assert {name: after[name] for name in landing} == landing
    assert files(settings.published_dir) == published


def test_a_source_that_raises_leaves_landing_byte_for_byte_and_the_others_go_on(settings: Settings) -> None:
    def break_off() -> None:
        raise RuntimeError("cut")

    run(settings)
    landing = files(settings.landing_dir)
    assert run(settings, ScriptedSource(break_off)).verdict == "failed"
    assert files(settings.landing_dir) == landing
    assert run(settings, OtherSystem()).verdict == "admitted"


def test_systems_have_cursors_of_their_own(settings: Settings) -> None:
    for _ in range(2):
        run(settings)
    other = OtherSystem()
    run(settings, other)
    assert other.cursors_seen == [0]


def test_an_interrupted_load_is_told_and_keeps_the_day_it_was_read_for(settings: Settings) -> None:
    cut_short_before_the_gate(replace(settings, as_of=date(2026, 3, 31)))
    told = StringIO()
    run(replace(settings, as_of=date(2026, 4, 30)), tell=Narrator(told))
    assert "hubspot: an earlier load was interrupted; judging it first" in told.getvalue()
    assert "hubspot: the interrupted load is admitted" in told.getvalue()
    assert [(row["landed_at"].date(), row["is_complete"]) for row in of_companies(settings)] == [
        (date(2026, 3, 31), True),
        (date(2026, 4, 30), False),
    ]


def test_an_interrupted_load_that_the_gate_refuses_is_read_again_at_once(settings: Settings) -> None:
    cut_short_before_the_gate(settings)
    answers = iter([refusing, refusing, admitting, admitting])
    source = ScriptedSource()
    assert run(settings, source, lambda batch: next(answers)(batch)).verdict == "admitted"
    assert source.cursors_seen == [0]
    assert [(row["verdict"], row["is_complete"]) for row in of_companies(settings)] == [
        ("refused", True),
        ("admitted", True),
    ]


def test_a_load_interrupted_before_its_mark_and_then_refused_leaves_no_row_behind(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut_short_before_the_mark(settings, monkeypatch)
    assert files(settings.landing_dir / COMPANIES.name), "the crash came too early to test anything"
    run(settings, ScriptedSource(is_refused=True), refusing)
    assert files(settings.landing_dir / COMPANIES.name) == {}
    assert [row["verdict"] for row in of_companies(settings)] == ["refused"]


def test_an_unmarked_first_load_is_removed_and_read_from_the_start_where_the_working_folder_is_lost(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut_short_before_the_mark(settings, monkeypatch)
    shutil.rmtree(settings.dlt_dir)
    source = ScriptedSource()
    load = run(settings, source)
    assert source.cursors_seen == [0]
    assert all(name.startswith(f"{load.load_id}.") for name in files(settings.landing_dir / COMPANIES.name))


def test_a_second_refresh_waits_until_the_first_is_done(settings: Settings) -> None:
    entered = threading.Event()

    def refresh() -> None:
        with one_at_a_time(settings, Narrator()):
            entered.set()

    second = threading.Thread(target=refresh, daemon=True)
    with one_at_a_time(settings, Narrator()):
        second.start()
        assert not entered.wait(0.5)
    assert entered.wait(10)
    second.join(10)


def test_a_refresh_that_fails_lets_the_next_one_in(settings: Settings) -> None:
    with pytest.raises(RuntimeError, match="cut"), one_at_a_time(settings, Narrator()):
        raise RuntimeError("cut")
    told = StringIO()
    with one_at_a_time(settings, Narrator(told)):
        assert told.getvalue() == ""
