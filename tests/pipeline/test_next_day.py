"""The next load: only what changed is asked for, and what is late, changed or deleted comes out as it should."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pandas
import pytest

from tests.pipeline.life import AFTER_MIDNIGHT, LAST_DAY, MONTH_ENDS, SERVED, LivedCompany, company
from tests.reference.comparing import KEYS, differences
from tests.reference.naive_mart import NaiveMart

FIRST, SECOND = MONTH_ENDS
# The connector reads a day of archived records and some minutes of changed ones again, since indexes lag.
OVERLAP_MILLISECONDS = 24 * 3_600_000
SEEDS = Path(__file__).parents[2] / "seeds"


@pytest.fixture(scope="module")
def naive(lived: LivedCompany) -> NaiveMart:
    return NaiveMart(lived.data_dir, SEEDS, LAST_DAY)


def milliseconds(day: date) -> int:
    return int((datetime.combine(day, time(), UTC) + timedelta(days=1) + AFTER_MIDNIGHT).timestamp() * 1000)


def test_only_records_changed_since_the_last_load_are_requested(lived: LivedCompany) -> None:
    world = company()
    since, until = milliseconds(FIRST), milliseconds(SECOND)
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
        for request in lived.requests
        if request.system == "hubspot" and request.path.endswith("/batch/read")
        for one in request.body["inputs"]
    }
    assert asked
    assert asked <= changed
    lists = [
        request
        for request in lived.requests
        # What the account does not keep is asked for each time, and not found.
        if request.system == "hubspot"
        and request.method == "GET"
        and "/crm/objects/" in request.path
        and request.status == 200
    ]
    assert all(request.query.get("archived") == ["true"] for request in lists), "a list of standing records was walked"


def test_the_second_load_is_a_fraction_of_the_first(lived: LivedCompany) -> None:
    for system in SERVED:
        load = lived.loads[SECOND][system]
        assert 0 < load.row_count < lived.loads[FIRST][system].row_count / 5, system


def test_tickets_go_on_from_the_cursor_of_the_last_admitted_load(lived: LivedCompany) -> None:
    exports = [r for r in lived.requests if r.path.startswith("/api/v2/incremental/tickets")]
    assert exports
    assert all("cursor" in request.query and "start_time" not in request.query for request in exports)


def test_hr_is_asked_for_the_tables_of_changed_employees_only(lived: LivedCompany) -> None:
    paths = [request.path for request in lived.requests if request.system == "bamboohr"]
    assert any(path.startswith("/api/v1/employees/changed/tables/") for path in paths)
    assert not any("/employees/all/tables/" in path for path in paths)


def test_a_late_touch_is_in_the_mart_with_its_own_day_and_the_day_it_was_entered(lived: LivedCompany) -> None:
    known = {row["touch_id"] for row in lived.then[FIRST]["touches"]}
    late = [
        row
        for row in lived.rows("select * from mart.touches")
        if row["touch_id"] not in known and row["occurred_at"].date() <= FIRST < row["recorded_at"].date()
    ]
    assert late


def test_a_changed_call_keeps_its_key_and_bears_its_new_text(lived: LivedCompany) -> None:
    changed = lived.rows(
        "select source_record_id from staging.stg_hubspot__calls where first_landed_at < last_landed_at"
    )
    assert changed
    counts = lived.rows("select count(*) as n, count(distinct touch_id) as touches from mart.touches")[0]
    assert counts["n"] == counts["touches"]


def test_a_deleted_record_leaves_its_table_and_stands_in_removed_facts(lived: LivedCompany) -> None:
    removed = lived.rows(f"select * from mart.removed_facts where removed_at > timestamp '{FIRST + timedelta(days=1)}'")
    assert {row["fact_table"] for row in removed} >= {"touches"}
    before = {row["touch_id"] for row in lived.then[FIRST]["touches"]}
    before |= {row["incident_id"] for row in lived.then[FIRST]["quality_incidents"]}
    after = {row["touch_id"] for row in lived.rows("select touch_id from mart.touches")}
    after |= {row["incident_id"] for row in lived.rows("select incident_id from mart.quality_incidents")}
    known = [row["id"] for row in removed if row["id"] in before]
    assert known
    assert not set(known) & after


def test_what_was_deleted_before_the_first_load_is_nowhere(lived: LivedCompany) -> None:
    first_day = datetime.combine(FIRST + timedelta(days=1), time())
    assert all(row["removed_at"] >= first_day for row in lived.rows("select * from mart.removed_facts"))


@pytest.mark.parametrize("table", KEYS)
def test_the_mart_equals_the_naive_second_implementation(lived: LivedCompany, naive: NaiveMart, table: str) -> None:
    expected = naive.table(table)
    actual = pandas.DataFrame(lived.rows(f"select * from mart.{table}"), dtype=object)
    assert not expected.empty
    assert differences(table, expected, actual) == []


def test_every_data_test_of_every_layer_holds_after_late_changed_and_deleted_records(
    lived: LivedCompany, tmp_path: Path
) -> None:
    lived.test(tmp_path / "data")
