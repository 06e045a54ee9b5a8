"""A simulated company lived through day by day: landed through the real gate, built by dbt, looked at."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from time import sleep

from dagster_project import runs
from dagster_project.checks import judge_batch
from dagster_project.demo.company import World, simulate
from dagster_project.demo.server import DemoServer, LoggedRequest
from dagster_project.demo.wire import Json
from dagster_project.loads import SystemLoad, land
from dagster_project.progress import Narrator
from dagster_project.resources import connect
from dagster_project.settings import PROJECT_DIR, Settings
from tests.dbt.landing_writer import Row, build, hand_over_parsed_project, invoke_dbt, query
from tests.pipeline.drops import drop_history, drop_news

SERVED = ("hubspot", "zendesk", "bamboohr")
SYSTEMS = (*SERVED, "files")
# Zendesk leaves out the last minute and HubSpot's search lags: a day is complete a little after it is over.
AFTER_MIDNIGHT = timedelta(minutes=5)
# From the company's as-of day on, every day brings something late, something edited and something deleted.
MONTH_ENDS = (date(2026, 11, 30), date(2026, 12, 31))
LAST_DAY = date(2027, 1, 8)
DROPS = (drop_history, drop_news)
# How a refresh calls what it is at.
LANDING, MODELS = "zendesk: ", "Models: "
# What nobody may tell of a person, by field as BambooHR calls it: texts that stand nowhere else.
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


# Where a system answers with people: all that HR says, and in the others the records about a person.
TELLING_OF_PEOPLE = {
    "bamboohr": ("/api/v1/",),
    "hubspot contacts": ("/crm/objects/2026-09/contacts",),
    "hubspot owners": ("/crm/owners/2026-09",),
    "zendesk users": ("/api/v2/incremental/users",),
}
# What people type and paste: it decides nothing, breaks nothing, and stands in the mart as it came.
HOSTILE = ' <b>"Ünïcode"</b>\'; drop table customers; -- \u202e\t{{ 7 * 7 }} 🚨\\'


@cache
def company() -> World:
    return simulate(customers=60, prospects=15, years=2, employees=40, as_of=date(2026, 11, 18))


class Life:
    """One server and one data folder."""

    def __init__(self, server: DemoServer, data_dir: Path) -> None:
        self.server = server
        self.data_dir = data_dir

    def settings(self, day: date) -> Settings:
        """At the end of a day: the server's clock and what is new stand there."""
        self.server.clock = datetime.combine(day, time(), UTC) + timedelta(days=1) + AFTER_MIDNIGHT
        environment = {**self.server.environment, "KEPT_DATA_DIR": str(self.data_dir), "KEPT_AS_OF": day.isoformat()}
        settings = Settings.from_env(environment)
        settings.prepare()
        return settings

    def load(self, day: date, tell: Narrator | None = None) -> dict[str, SystemLoad]:
        """Everything that is new at the end of a day, through gate 1; every load must be admitted."""
        settings, tell = self.settings(day), tell or Narrator()
        loads = {system: land(connect(system, settings), settings, judge_batch, tell) for system in SYSTEMS}
        assert {load.verdict for load in loads.values()} == {"admitted"}, [load.reason for load in loads.values()]
        return loads

    def kill_a_refresh(self, day: date, step: str) -> None:
        """End a refresh and all that it started, as the machine does it, in the midst of the step so called."""
        settings = self.settings(day)
        refresh = subprocess.Popen(
            [sys.executable, "-m", "dagster_project", "refresh"],
            cwd=PROJECT_DIR,
            env={**settings.process_environment(), **self.server.environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        assert refresh.stdout is not None
        told = []
        while not (told and told[-1].strip().startswith(step)):
            told.append(refresh.stdout.readline())
            assert told[-1], "".join(told)
        if step == MODELS:
            # dbt reads its project first, and writes nothing yet.
            warehouse, before = settings.warehouse_path, settings.warehouse_path.stat().st_mtime_ns
            while warehouse.stat().st_mtime_ns == before and not warehouse.with_name(f"{warehouse.name}.wal").exists():
                assert refresh.poll() is None, "".join(told)
                sleep(0.05)
        os.killpg(refresh.pid, signal.SIGKILL)
        refresh.wait()
        refresh.stdout.close()

    def speak_hostile(self) -> None:
        """Names of customers and employees and subjects of tickets end in what people type and paste."""
        for system in SERVED:
            self.server.misbehave(system, "/", "extra_text", times=None, value=HOSTILE)

    def build(self, as_of: date) -> None:
        build(self.data_dir, select="resource_type:model", as_of=as_of.isoformat())


@dataclass(frozen=True)
class LivedCompany:
    """For reading: to go on, take a `copy`.

    Loads by day; the mart as built at each month end; what was asked for on the second; what the last refresh, after
    a load and two refreshes that were killed and on a day without further news, told.
    """

    data_dir: Path
    loads: dict[date, dict[str, SystemLoad]]
    then: dict[date, dict[str, list[Row]]]
    requests: list[LoggedRequest]
    answers_spoiled: dict[str, int]
    problems: list[str]

    @property
    def publication(self) -> Path:
        return self.data_dir / "published" / "kept.duckdb"

    def rows(self, sql: str) -> list[Row]:
        return query(self.data_dir, sql)

    def test(self, folder: Path) -> None:
        """Every data test of every layer; raises with the names of those that fail.

        On a copy, as dbt locks the warehouse that other workers read meanwhile.
        """
        invoke_dbt(self.copy(folder), ["test", "--exclude", "resource_type:unit_test"], as_of=LAST_DAY.isoformat())

    def copy(self, folder: Path) -> Path:
        return Path(shutil.copytree(self.data_dir, folder))


def leave_out_the_empty(rows: list[Json]) -> None:
    """An optional field that is empty may as well be missing."""
    for row in rows:
        for name in [name for name, value in row.items() if value is None]:
            del row[name]


def live(data_dir: Path) -> LivedCompany:
    """Two month ends, each loaded and built, and a last day: two refreshes killed, one undisturbed by Dagster."""
    spoiled: Counter[str] = Counter()

    def tells_all(of: str) -> Callable[[list[Json]], None]:
        def tell_all(rows: list[Json]) -> None:
            spoiled[of] += 1
            for row in rows:
                for held in (row, *(row[name] for name in ("properties", "propertiesWithHistory") if name in row)):
                    held.update({name: value for name, value in FORBIDDEN.items() if name not in held})

        return tell_all

    with DemoServer(company(), time_scale=0.01) as server:
        for of, paths in TELLING_OF_PEOPLE.items():
            for path in paths:
                server.misbehave(of.split()[0], path, "rows", times=None, edit=tells_all(of))
        for system in SERVED:
            for disorder in ("extra_field", "duplicate_rows", "reordered_rows"):
                server.misbehave(system, "/", disorder, times=None)
            server.misbehave(system, "/", "rows", times=None, edit=leave_out_the_empty)
        life = Life(server, data_dir)
        life.speak_hostile()
        loads: dict[date, dict[str, SystemLoad]] = {}
        then: dict[date, dict[str, list[Row]]] = {}
        for day, drop in zip(MONTH_ENDS, DROPS, strict=True):
            server.forget_requests()
            drop(company(), data_dir / "drop", day)
            loads[day] = life.load(day)
            requests = list(server.requests)
            life.build(day)
            then[day] = {
                table: query(data_dir, f"select * from mart.{table}")
                for table in ("customer_months", "health_points", "touches", "quality_incidents")
            }
        loads[LAST_DAY] = life.load(LAST_DAY)
        tell = Narrator()
        settings = life.settings(LAST_DAY)
        hand_over_parsed_project(settings.dbt_target_dir)
        # Publications are killed without a refresh around them (test_isolation), and with one nightly.
        for step in (LANDING, MODELS):
            life.kill_a_refresh(LAST_DAY, step)
        runs.refresh_and_report(settings, tell)
    return LivedCompany(data_dir, loads, then, requests, dict(spoiled), tell.problems)
