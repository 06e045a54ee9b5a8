"""The day after: only what changed is asked for, and what is late, changed or deleted comes out as it should."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pandas
import pytest

from dagster_project.demo.company import World, simulate
from dagster_project.demo.server import LoggedRequest
from dagster_project.loads import SystemLoad
from tests.dbt.landing_writer import Row
from tests.pipeline.drops import drop_history, drop_news
from tests.pipeline.life import AFTER_MIDNIGHT, Life, living
from tests.reference.comparing import KEYS, differences
from tests.reference.naive_mart import NaiveMart

AS_OF = date(2026, 11, 18)
DAYS_LATER = AS_OF + timedelta(days=12)
# The connector reads a day of archived records and some minutes of changed ones again, since indexes lag.
OVERLAP_MILLISECONDS = 24 * 3_600_000


SEEDS = Path(__file__).parents[2] / "seeds"


@dataclass
class Aftermath:
    life: Life
    first: dict[str, SystemLoad]
    second: dict[str, SystemLoad]
    requests: list[LoggedRequest]
    before: dict[str, list[Row]]


@pytest.fixture(scope="module")
def world() -> World:
    return simulate(customers=60, prospects=15, years=2, employees=40, as_of=AS_OF)


@pytest.fixture(scope="module")
def aftermath(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Aftermath]:
    with living(world, tmp_path_factory.mktemp("next_day")) as life:
        drop_history(world, life.drop_dir, AS_OF)
        life.load(AS_OF, ["files"])
        first = life.load(AS_OF)
        life.build(AS_OF)
        before = {
            table: life.rows(f"select * from mart.{table}")
            for table in ("touches", "quality_incidents", "removed_facts")
        }
        life.server.forget_requests()
        drop_news(world, life.drop_dir, DAYS_LATER)
        life.load(DAYS_LATER, ["files"])
        second = life.load(DAYS_LATER)
        requests = list(life.server.requests)
        life.build(DAYS_LATER)
        yield Aftermath(life, first, second, requests, before)


@pytest.fixture(scope="module")
def naive(aftermath: Aftermath) -> NaiveMart:
    return NaiveMart(aftermath.life.data_dir, SEEDS, DAYS_LATER)


def milliseconds(day: date) -> int:
    return int((datetime.combine(day, time(), UTC) + timedelta(days=1) + AFTER_MIDNIGHT).timestamp() * 1000)


def test_only_records_changed_since_the_last_load_are_requested(aftermath: Aftermath, world: World) -> None:
    since, until = milliseconds(AS_OF), milliseconds(DAYS_LATER)
    changed = {
        str(record.id)
        for records in (
            world.companies,
            world.contacts,
            world.deals,
            world.calls,
            world.meetings,
            world.emails,
            world.communications,
            world.notes,
            world.feedback_submissions,
        )
        for record in records
        if record.exists_at(until)
        and max(record.system_modified_at(until), record.archived_at or 0) > since - OVERLAP_MILLISECONDS
    }
    asked = {
        str(one["id"])
        for request in aftermath.requests
        if request.system == "hubspot" and request.path.endswith("/batch/read")
        for one in request.body["inputs"]
    }
    assert asked
    assert asked <= changed
    lists = [
        request
        for request in aftermath.requests
        if request.system == "hubspot" and request.method == "GET" and "/crm/objects/" in request.path
    ]
    assert all(request.query.get("archived") == ["true"] for request in lists), "a list of standing records was walked"


def test_the_second_load_is_a_fraction_of_the_first(aftermath: Aftermath) -> None:
    for system, load in aftermath.second.items():
        assert 0 < load.row_count < aftermath.first[system].row_count / 5, system


def test_tickets_go_on_from_the_cursor_of_the_last_admitted_load(aftermath: Aftermath) -> None:
    exports = [r for r in aftermath.requests if r.path.startswith("/api/v2/incremental/tickets")]
    assert exports
    assert all("cursor" in request.query and "start_time" not in request.query for request in exports)


def test_hr_is_asked_for_the_tables_of_changed_employees_only(aftermath: Aftermath) -> None:
    paths = [request.path for request in aftermath.requests if request.system == "bamboohr"]
    assert any(path.startswith("/api/v1/employees/changed/tables/") for path in paths)
    assert not any("/employees/all/tables/" in path for path in paths)


def test_a_late_touch_is_in_the_mart_with_its_own_day_and_the_day_it_was_entered(aftermath: Aftermath) -> None:
    known = {row["touch_id"] for row in aftermath.before["touches"]}
    late = [
        row
        for row in aftermath.life.rows("select * from mart.touches")
        if row["touch_id"] not in known and row["occurred_at"].date() <= AS_OF < row["recorded_at"].date()
    ]
    assert late


def test_a_changed_call_keeps_its_key_and_bears_its_new_text(aftermath: Aftermath) -> None:
    changed = aftermath.life.rows(
        "select source_record_id from staging.stg_hubspot__calls where first_landed_at < last_landed_at"
    )
    assert changed
    counts = aftermath.life.rows("select count(*) as n, count(distinct touch_id) as touches from mart.touches")[0]
    assert counts["n"] == counts["touches"]


def test_a_deleted_record_leaves_its_table_and_stands_in_removed_facts(aftermath: Aftermath) -> None:
    removed = aftermath.life.rows(
        f"select * from mart.removed_facts where removed_at > timestamp '{AS_OF + timedelta(days=1)}'"
    )
    assert {row["fact_table"] for row in removed} >= {"touches"}
    before = {row["touch_id"] for row in aftermath.before["touches"]}
    before |= {row["incident_id"] for row in aftermath.before["quality_incidents"]}
    after = {row["touch_id"] for row in aftermath.life.rows("select touch_id from mart.touches")}
    after |= {row["incident_id"] for row in aftermath.life.rows("select incident_id from mart.quality_incidents")}
    known = [row["id"] for row in removed if row["id"] in before]
    assert known
    assert not set(known) & after


def test_what_was_deleted_before_the_first_load_is_nowhere(aftermath: Aftermath) -> None:
    first_day = datetime.combine(AS_OF + timedelta(days=1), time())
    assert all(row["removed_at"] >= first_day for row in aftermath.life.rows("select * from mart.removed_facts"))


@pytest.mark.parametrize("table", KEYS)
def test_the_mart_equals_the_naive_second_implementation(aftermath: Aftermath, naive: NaiveMart, table: str) -> None:
    expected = naive.table(table)
    actual = pandas.DataFrame(aftermath.life.rows(f"select * from mart.{table}"), dtype=object)
    assert not expected.empty
    assert differences(table, expected, actual) == []


def test_every_data_test_of_every_layer_holds_after_late_changed_and_deleted_records(aftermath: Aftermath) -> None:
    aftermath.life.test(DAYS_LATER)
