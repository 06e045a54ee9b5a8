"""The gate protocol of loads.py: what is admitted, what is refused, and what a crash leaves."""

from __future__ import annotations

import shutil
import stat
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest
from dlt.common.storages.load_package import PackageStorage
from filelock import FileLock

from dagster_project import loads
from dagster_project.loads import Judge, SystemLoad, how_far, land, recorded_loads
from dagster_project.past import past_loads
from dagster_project.progress import Narrator
from dagster_project.settings import Settings
from dagster_project.sources import Table
from tests.house.fakes import COMPANIES, OWNERS, ScriptedSource, admitting, refusing

Row = tuple[Any, ...]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    configured = Settings(data_dir=tmp_path / "data", as_of=date(2026, 3, 31))
    configured.prepare()
    return configured


def run(settings: Settings, source: ScriptedSource | None = None, judge: Judge = admitting) -> SystemLoad:
    return land(source or ScriptedSource(), settings, judge, Narrator())


def admitted_ids(settings: Settings) -> list[str]:
    """Ids of the companies that a reader of landing sees: those of loads that are marked."""
    folder = settings.landing_dir
    if not list(folder.glob("_dlt_loads/*.jsonl")):
        return []
    rows = duckdb.execute(
        f"""
        select id from read_parquet('{folder}/{COMPANIES.name}/*.parquet') where _dlt_load_id in (
            select load_id from read_json('{folder}/_dlt_loads/*.jsonl', columns = {{load_id: 'text'}})
        ) order by id
        """
    ).fetchall()
    return [row[0] for row in rows]


def test_an_admitted_load_is_seen_and_moves_the_cursor(settings: Settings) -> None:
    first, second = ScriptedSource(), ScriptedSource()
    assert run(settings, first).verdict == "admitted"
    assert run(settings, second).verdict == "admitted"
    assert (first.cursors_seen, second.cursors_seen) == ([0], [1])
    assert admitted_ids(settings) == ["0", "1"]


def test_what_lands_is_text_as_received_with_what_nobody_declared_beside_it(settings: Settings) -> None:
    run(settings)
    landed = f"read_parquet('{settings.landing_dir}/{COMPANIES.name}/*.parquet')"
    columns = duckdb.execute(f"describe select * from {landed}").fetchall()
    assert {name: kind for name, kind, *_ in columns} == {
        "id": "VARCHAR",
        "properties": "VARCHAR",
        "other_fields": "VARCHAR",
        "_landed_at": "TIMESTAMP WITH TIME ZONE",
        "_dlt_load_id": "VARCHAR",
    }
    row = duckdb.execute(f"select id, properties, other_fields, epoch_us(_landed_at) from {landed}").fetchall()
    end_of_the_as_of_day = 1_775_001_599_999_999
    assert row == [("0", '{"name":"Company 0"}', '{"lifecycle":null}', end_of_the_as_of_day)]


def test_an_empty_table_lands_with_its_columns_and_is_recorded(settings: Settings) -> None:
    load = run(settings)
    assert load.tables["hubspot__owners"].row_count == 0
    assert len(list((settings.landing_dir / "hubspot__owners").glob("*.parquet"))) == 1
    assert {row["source_table"] for row in recorded_loads(settings)} == {"hubspot__companies", "hubspot__owners"}


def test_the_first_load_is_a_whole_reading_and_later_ones_are_not(settings: Settings) -> None:
    run(settings)
    run(settings)
    past = past_loads(recorded_loads(settings), COMPANIES.name)
    assert (past.complete, past.partial) == ((1,), (1,))


def test_a_refused_load_is_not_seen_and_is_read_again(settings: Settings) -> None:
    run(settings)
    refused = run(settings, judge=refusing)
    assert refused.verdict == "refused"
    assert refused.reason is not None and "id__not_be_null on 1 of 1 rows" in refused.reason
    assert admitted_ids(settings) == ["0"]
    again = ScriptedSource()
    assert run(settings, again).verdict == "admitted"
    assert again.cursors_seen == [1]
    assert admitted_ids(settings) == ["0", "1"]


def test_a_first_load_that_is_refused_leaves_the_next_one_a_first_load(settings: Settings) -> None:
    run(settings, judge=refusing)
    again = ScriptedSource()
    assert run(settings, again).tables[COMPANIES.name].is_complete
    assert again.cursors_seen == [0]


def test_a_table_that_the_plan_does_not_offer_is_admitted_empty_and_its_reason_is_recorded(settings: Settings) -> None:
    reason = "left out: hubspot: GET /crm/owners/2026-09 answered 404"
    load = run(settings, ScriptedSource(left_out={OWNERS.name: reason}))
    assert load.verdict == "admitted"
    assert load.tables[OWNERS.name].left_out == reason
    assert {row["source_table"]: (row["verdict"], row["reason"]) for row in recorded_loads(settings)} == {
        COMPANIES.name: ("admitted", None),
        OWNERS.name: ("admitted", reason),
    }


def test_a_refused_load_is_recorded_with_its_reason_for_every_table(settings: Settings) -> None:
    run(settings, judge=refusing)
    rows = {row["source_table"]: row for row in recorded_loads(settings)}
    assert {row["verdict"] for row in rows.values()} == {"refused"}
    assert rows[COMPANIES.name]["rules_failed"] == 1
    assert rows["hubspot__owners"]["rules_failed"] == 0
    assert "hubspot__companies breaks id__not_be_null" in rows["hubspot__owners"]["reason"]


def test_a_refused_load_leaves_no_row_behind(settings: Settings) -> None:
    run(settings, judge=refusing)
    left = [path for path in settings.data_dir.rglob("*.parquet") if path.parent.name != "kept__loads"]
    assert left == []


def test_a_source_that_raises_in_mid_reading_lands_nothing_and_starts_over(settings: Settings) -> None:
    def break_off() -> None:
        raise KeyError("a customer's name that must not be told")

    run(settings)
    failed = run(settings, ScriptedSource(break_off))
    assert failed.verdict == "failed"
    assert failed.reason is not None and failed.reason.startswith("hubspot: KeyError in test_loads.py line ")
    assert admitted_ids(settings) == ["0"]
    again = ScriptedSource()
    run(settings, again)
    assert again.cursors_seen == [1]


def test_a_credential_that_is_missing_stops_the_source_before_it_is_read(settings: Settings) -> None:
    source = ScriptedSource(is_refused=True)
    load = run(settings, source)
    assert (load.verdict, load.reason) == (
        "failed",
        "hubspot: HUBSPOT_TOKEN is not set: put a service key into .env",
    )
    assert source.cursors_seen == []
    assert recorded_loads(settings) == []


def crash(*_: object) -> SystemLoad:
    raise SystemExit("the machine went down")


def crash_before_judging(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched, pytest.raises(SystemExit):
        patched.setattr(loads, "_admit_or_abort", crash)
        run(settings)


def crash_before_the_mark(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Go down when dlt has copied rows and state to landing, and only the mark of the load is missing."""
    from dlt.destinations.impl.filesystem.filesystem import FilesystemClient

    store_load = "_store_load"
    with monkeypatch.context() as patched, pytest.raises(SystemExit):
        patched.setattr(FilesystemClient, store_load, crash)
        run(settings)


def test_a_load_interrupted_before_the_gate_is_judged_first_and_then_admitted(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    crash_before_judging(settings, monkeypatch)
    assert admitted_ids(settings) == []
    after = ScriptedSource()
    run(settings, after)
    assert after.cursors_seen == [1]
    assert admitted_ids(settings) == ["0", "1"]
    assert past_loads(recorded_loads(settings), COMPANIES.name).complete == (1,)


def test_a_load_interrupted_before_its_cursor_was_kept_is_not_read_twice(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(settings)
    state = next(settings.dlt_dir.glob("*/state.json"))
    before = state.read_bytes()
    crash_before_judging(settings, monkeypatch)
    # dlt keeps the package first, and then the cursor.
    state.write_bytes(before)
    run(settings)
    assert admitted_ids(settings) == ["0", "1", "2"]


@pytest.mark.parametrize("gone", [(), ("new_jobs",), ("new_jobs", "schema.json")], ids=" and ".join)
def test_a_load_killed_while_dlt_deletes_what_it_has_normalized_is_finished_with_each_row_once(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, gone: Sequence[str]
) -> None:
    """A hundred kills found it: dlt would look for ever for the extract that it had begun to delete."""

    def killed(storage: PackageStorage, load_id: str, not_exists_ok: bool = False) -> None:
        # What it deletes before it normalizes may be missing.
        if not_exists_ok:
            return
        package = Path(storage.storage.make_full_path(storage.get_package_path(load_id)))
        for name in gone:
            if (package / name).is_dir():
                shutil.rmtree(package / name)
            else:
                (package / name).unlink()
        crash()

    run(settings)
    with monkeypatch.context() as patched, pytest.raises(SystemExit):
        patched.setattr(PackageStorage, "delete_package", killed)
        run(settings)
    assert admitted_ids(settings) == ["0"]
    assert run(settings).verdict == "admitted"
    assert admitted_ids(settings) == ["0", "1", "2"]


def test_a_load_interrupted_before_the_gate_is_never_let_in_unjudged(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    crash_before_judging(settings, monkeypatch)
    run(settings, judge=refusing)
    assert admitted_ids(settings) == []
    after = ScriptedSource()
    run(settings, after)
    assert after.cursors_seen == [0]


def test_a_load_interrupted_before_its_mark_is_not_seen_and_is_finished_next_time(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    crash_before_the_mark(settings, monkeypatch)
    assert list((settings.landing_dir / COMPANIES.name).glob("*.parquet")) != []
    assert admitted_ids(settings) == []
    assert recorded_loads(settings) == []
    run(settings)
    assert admitted_ids(settings) == ["0", "1"]


def test_a_lost_working_folder_is_restored_from_landing(settings: Settings) -> None:
    run(settings)
    run(settings)
    shutil.rmtree(settings.dlt_dir)
    after = ScriptedSource()
    assert run(settings, after).verdict == "admitted"
    assert after.cursors_seen == [2]
    assert admitted_ids(settings) == ["0", "1", "2"]


def test_a_working_folder_lost_before_the_mark_takes_the_unmarked_load_with_it(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(settings)
    crash_before_the_mark(settings, monkeypatch)
    shutil.rmtree(settings.dlt_dir)
    after = ScriptedSource()
    run(settings, after)
    assert after.cursors_seen == [1]
    assert admitted_ids(settings) == ["0", "1"]


def test_a_data_folder_is_its_owners_alone(settings: Settings) -> None:
    run(settings)
    for path in [settings.data_dir, *settings.data_dir.rglob("*")]:
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path


def test_a_second_refresh_says_that_it_waits(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    tell = Narrator()
    first = FileLock(settings.data_dir / "refresh.lock")

    def hear(text: str = "") -> None:
        told.append(text)
        first.release()

    monkeypatch.setattr(tell, "line", hear)
    first.acquire()
    with loads.one_at_a_time(settings, tell):
        assert told == [f"Another refresh is writing to {settings.data_dir}; waiting until it is done."]


def test_whoever_waits_while_weeks_are_caught_up_is_told_how_far_the_reading_has_come() -> None:
    tickets = Table("zendesk__tickets", ("id", "updated_at"), recorded_field="updated_at")
    page = [{"id": "1", "updated_at": "2026-11-03T10:00:00Z"}, {"id": "2", "updated_at": "2026-11-05T08:00:00Z"}]
    assert how_far(tickets, page) == "; now at tickets changed on 2026-11-05"
    assert how_far(tickets, []) == ""
    assert how_far(Table("zendesk__groups", ("id",)), [{"id": "1"}]) == ""
