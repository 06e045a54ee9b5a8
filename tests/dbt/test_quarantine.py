"""What is held back is not read, what stood before stays, and a released row is where it would always have been."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.dbt.holding_back import hold_back, release
from tests.dbt.landing_writer import Row, invoke_dbt, land, query
from tests.dbt.test_raw import at, company, land_bamboohr, land_files, land_hubspot, land_zendesk

Tables = dict[str, list[Row]]
RAW = (
    "raw_hubspot__companies",
    "raw_zendesk__tickets",
    "raw_zendesk__ticket_versions",
    "raw_bamboohr__job_info",
    "raw_bamboohr__training_records",
    "raw_files__product_usage",
)
# Load, file and row of what is held back: one of each way in which raw reads a table.
HELD_BACK = {
    "hubspot__companies": [("2.0", 0), ("2.0", 3), ("6.0", 1)],
    "zendesk__tickets": [("2.1", 0), ("2.1", 2)],
    "bamboohr__job_info": [("2.2", 0)],
    "bamboohr__training_records": [("2.2", 0)],
    "files__product_usage": [("3.3", 1), ("4.3", 0)],
}


@dataclass(frozen=True)
class Three:
    """Tables of raw, which alone reads landing: never held back, while rows are, and after their release."""

    never: Tables
    held: Tables
    released: Tables
    data_dir: Path


def read(data_dir: Path) -> Tables:
    invoke_dbt(data_dir, ["run", "--select", *RAW, "path:models/raw/raw_kept__*", "quarantined_rows"])
    return {name: query(data_dir, f"select * from raw.{name} order by all") for name in RAW}


@pytest.fixture(scope="module")
def three(empty_warehouse: Path, tmp_path_factory: pytest.TempPathFactory) -> Three:
    data_dir = Path(shutil.copytree(empty_warehouse, tmp_path_factory.mktemp("quarantine") / "data"))
    for write_landing in (land_hubspot, land_zendesk, land_bamboohr, land_files):
        write_landing(data_dir)
    # The same record twice in one load, the second with a time that nobody can read.
    twice = [company("twice", "2026-02-20T00:00:00Z", name="Right"), company("twice", "2026-02-21", name="Wrong")]
    land(data_dir, "6.0", "2026-02-21", {"hubspot__companies": twice})
    never = read(data_dir)
    places = [(table, load, f"{load}.0.parquet", row) for table, rows in HELD_BACK.items() for load, row in rows]
    ids = hold_back(data_dir, places)
    held = read(data_dir)
    release(data_dir, ids)
    return Three(never, held, read(data_dir), data_dir)


def found(tables: Tables, table: str, **wanted: Any) -> list[Row]:
    return [row for row in tables[table] if all(row[name] == value for name, value in wanted.items())]


def test_after_its_release_every_table_is_as_if_nothing_had_ever_been_held_back(three: Three) -> None:
    assert [name for name in RAW if three.held[name] == three.never[name]] == []
    assert [name for name in RAW if three.released[name] != three.never[name]] == []


def test_while_the_newest_version_waits_the_one_before_stays_in_force(three: Three) -> None:
    (solved,) = found(three.never, "raw_zendesk__tickets", id="7")
    (waiting,) = found(three.held, "raw_zendesk__tickets", id="7")
    # A second, equal row of the load stands, and the ticket is solved all the same.
    assert (solved["status"], waiting["status"]) == ("solved", "solved")
    (deleted,) = found(three.never, "raw_zendesk__tickets", id="8")
    (standing,) = found(three.held, "raw_zendesk__tickets", id="8")
    assert (deleted["removed_at"], standing["removed_at"]) == (at("2026-02-02T00:00:00"), at("2026-03-04T00:00:00"))


def test_of_a_record_that_came_twice_the_row_that_is_right_counts(three: Three) -> None:
    (wrong,) = found(three.never, "raw_hubspot__companies", id="twice")
    (right,) = found(three.held, "raw_hubspot__companies", id="twice")
    assert "Wrong" in wrong["properties"] and "Right" in right["properties"]


def test_a_record_that_waits_is_not_taken_for_deleted_with_the_set_it_is_missing_from(three: Three) -> None:
    jobs = [
        (row["jobTitle"], row["removed_at"]) for row in found(three.held, "raw_bamboohr__job_info", employeeId="42")
    ]
    # The second set, of engineer and lead, waits whole: the engineer of the first goes on until the third.
    assert sorted(jobs, key=str) == [
        ("Engineer", at("2026-02-20T23:59:59.999999")),
        ("Lead", None),
        ("Lead", at("2026-03-01T23:59:59.999999")),
    ]


def test_what_an_earlier_file_said_goes_on_while_its_correction_waits(three: Three) -> None:
    (row,) = [
        one for one in three.held["raw_files__product_usage"] if one["record_id"] == "a" and not one["removed_at"]
    ]
    assert row["units_used"] == "2"


def test_people_see_what_waits_and_what_was_released_by_table_and_in_the_mart(three: Three) -> None:
    rows = query(three.data_dir, "select * from quarantine.bamboohr__job_info order by rule")
    assert [(row["rule"], row["load_id"], row["is_released"], row["release_reason"]) for row in rows] == [
        ("id__not_be_null", "2.2", True, "It is right."),
        ("status__in_set", "2.2", True, "It is right."),
    ]
    (counts,) = query(
        three.data_dir,
        "select count(*) as rows, count(distinct quarantine_id) as held from mart.quarantined_rows",
    )
    # Nothing is told of the load that was refused.
    assert counts == {"rows": 16, "held": 8}
