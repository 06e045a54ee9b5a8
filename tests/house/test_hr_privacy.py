"""Of a person HR tells only what is allowed: whatever else an answer holds is in no byte that Kept writes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest
from dlt.common.versioned_state import decompress_state

from dagster_project import runs
from dagster_project.checks import judge_batch
from dagster_project.demo.company import DEFAULT_AS_OF, World, simulate
from dagster_project.demo.server import DemoServer
from dagster_project.demo.wire import Json
from dagster_project.loads import land
from dagster_project.progress import Narrator
from dagster_project.resources import connect
from dagster_project.settings import Settings
from dagster_project.sources.bamboohr import TABLES
from tests.house.test_secrets import content_of

# By field as BambooHR calls it: a text that stands nowhere else.
FORBIDDEN = {
    "payRate": "kx7-pay-rate-91250",
    "paidPer": "kx7-paid-per-fortnight",
    "overtimeRate": "kx7-overtime-rate",
    "dateOfBirth": "kx7-born-on-a-monday",
    "birthDate": "kx7-birth-date",
    "ssn": "kx7-social-security",
    "gender": "kx7-gender",
    "address1": "kx7-street-12",
    "city": "kx7-home-town",
    "homeEmail": "kx7-home-mail",
    "homePhone": "kx7-home-phone",
    "mobilePhone": "kx7-mobile-phone",
    "terminationReason": "kx7-left-in-anger",
    "terminationType": "kx7-involuntarily",
    "terminationRehireEligibility": "kx7-never-again",
    "comment": "kx7-a-comment-of-hr",
    "notes": "kx7-notes-on-a-training",
    "cost": "kx7-what-it-cost",
    "allergies": "kx7-peanuts",
    "photoUrl": "kx7-portrait",
}
A_WEEK_BEFORE = DEFAULT_AS_OF - timedelta(days=7)
ALLOWED = {
    "bamboohr__employees": ("employeeId", "firstName", "lastName", "workEmail", "hireDate", "reportsToId"),
    "bamboohr__employees_changed": ("id", "action", "lastChanged"),
    "bamboohr__job_info": ("employeeId", "date", "department", "jobTitle"),
    "bamboohr__employment_status": ("employeeId", "date", "employmentStatus"),
    "bamboohr__training_types": ("id", "name"),
    "bamboohr__training_records": ("employeeId", "id", "type", "completed"),
}


@dataclass(frozen=True)
class Talkative:
    """A first load, and a week later a refresh with its reports, of an HR system that tells everything it knows."""

    data_dir: Path
    told: list[str]
    answers_spoiled: int


@pytest.fixture(scope="module")
def world() -> World:
    return simulate(customers=20, prospects=6, years=2, employees=30)


def settings_on(server: DemoServer, data_dir: Path, day: date) -> Settings:
    return Settings.from_env({**server.environment, "KEPT_DATA_DIR": str(data_dir), "KEPT_AS_OF": day.isoformat()})


@pytest.fixture(scope="module")
def talkative(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Talkative]:
    data_dir = tmp_path_factory.mktemp("talkative")
    tell = Narrator()
    spoiled: list[int] = []

    def tell_all(rows: list[Json]) -> None:
        spoiled.append(len(rows))
        for row in rows:
            row.update(FORBIDDEN)

    with DemoServer(world, A_WEEK_BEFORE, time_scale=0.01) as server:
        server.misbehave("bamboohr", "/api/v1/", "rows", times=None, edit=tell_all)
        at_first = settings_on(server, data_dir, A_WEEK_BEFORE)
        at_first.prepare()
        land(connect("bamboohr", at_first), at_first, judge_batch, tell)
        server.clock = DEFAULT_AS_OF
        runs.refresh_and_report(settings_on(server, data_dir, DEFAULT_AS_OF), tell)
    yield Talkative(data_dir, tell.problems, len(spoiled))


def everything_in(path: Path) -> bytes:
    """A file's bytes and what they say unpacked: tables of DuckDB, dlt's packed state, Parquet."""
    content = content_of(path)
    if path.suffix == ".duckdb":
        with duckdb.connect(str(path), read_only=True) as connection:
            for schema, table in connection.execute(
                "select schema_name, table_name from duckdb_tables() where database_name = current_database()"
            ).fetchall():
                rows = connection.execute(f'select * from "{schema}"."{table}"').fetchall()
                content += repr(rows).encode()
    if path.parent.name == "_dlt_pipeline_state":
        for line in path.read_text().splitlines():
            content += repr(decompress_state(json.loads(line)["state"])).encode()
    return content


def test_pay_birth_address_and_reasons_of_leaving_are_in_no_byte_that_kept_wrote(talkative: Talkative) -> None:
    assert talkative.told == []
    assert talkative.answers_spoiled >= 4
    written = [path for path in sorted(talkative.data_dir.rglob("*")) if path.is_file()]
    places = {path.relative_to(talkative.data_dir).parts[0] for path in written}
    assert {"landing", "dlt", "dagster", "warehouse", "published", "reports", "last_run.log"} <= places
    found = {
        f"{field} in {path.relative_to(talkative.data_dir)}"
        for path in written
        for content in [everything_in(path)]
        for field, value in FORBIDDEN.items()
        if value.encode() in content
    }
    assert found == set()


def test_what_is_allowed_of_hr_is_one_list() -> None:
    """Whoever widens it has to say so here."""
    assert {table.name: table.fields for table in TABLES} == ALLOWED
    assert not any(table.keeps_other_fields for table in TABLES)
