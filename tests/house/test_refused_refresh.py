"""A refresh in which one system fails and both gates say no: what it tells, and what it leaves as it was."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from html import unescape
from pathlib import Path

import duckdb
import pytest

from dagster_project import runs
from dagster_project.checks import judge_batch
from dagster_project.demo.server import DemoServer
from dagster_project.demo.wire import Json
from dagster_project.loads import SystemLoad, land, recorded_loads
from dagster_project.progress import Narrator
from dagster_project.resources import connect
from dagster_project.settings import Settings
from tests.conftest import process_left_as_found
from tests.pipeline.life import LAST_DAY, LivedCompany, company

NEXT_WEEK = LAST_DAY + timedelta(days=7)
WEEK_IN_HOURS = 7 * 24


@dataclass(frozen=True)
class RefusedRefresh:
    settings: Settings
    succeeded: bool
    problems: list[str]
    cursors_asked: list[list[str]]
    afterwards: SystemLoad
    cursors_asked_again: list[list[str]]
    published_before: bytes


@pytest.fixture(scope="module")
def refused(lived: LivedCompany, tmp_path_factory: pytest.TempPathFactory) -> RefusedRefresh:
    """A week after the last refresh Zendesk has a status nobody knows, BambooHR answers with a web page, and the
    publication had far more customers.
    """
    data_dir = lived.copy(tmp_path_factory.mktemp("refused") / "data")
    published = data_dir / "published" / "kept.duckdb"
    with duckdb.connect(str(published)) as connection:
        connection.execute("insert into mart.customers select c.* from mart.customers as c, range(9)")
    before = published.read_bytes()
    tell = Narrator()
    with process_left_as_found(), DemoServer(company(), NEXT_WEEK, time_scale=0.01) as server:
        settings = Settings.from_env(
            {**server.environment, "KEPT_DATA_DIR": str(data_dir), "KEPT_AS_OF": NEXT_WEEK.isoformat()}
        )
        server.misbehave("zendesk", "/api/v2/incremental/tickets", "rows", None, edit=new_vocabulary)
        server.misbehave("bamboohr", "/", "html_404", None)
        succeeded = runs.refresh_and_report(settings, tell)
        asked = ticket_cursors(server)
        server.behave()
        server.forget_requests()
        afterwards = land(connect("zendesk", settings), settings, judge_batch, Narrator())
        again = ticket_cursors(server)
    return RefusedRefresh(settings, succeeded, tell.problems, asked, afterwards, again, before)


def new_vocabulary(rows: list[Json]) -> None:
    for row in rows:
        row["status"] = "parked"


def ticket_cursors(server: DemoServer) -> list[list[str]]:
    return [asked.query.get("cursor", []) for asked in server.requests_to("zendesk", "/api/v2/incremental/tickets")]


def rows(path: Path, table: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute(f"select * from {table} order by all").fetchall()


def test_each_failure_is_told_in_one_line_and_each_refusal_by_the_name_of_its_rule(refused: RefusedRefresh) -> None:
    assert not refused.succeeded
    failed, load = sorted(refused.problems[:2])
    gate = refused.problems[2:]
    assert failed == "bamboohr: GET /api/v1/employees answered 404 with a web page: is the base URL right?"
    assert load.startswith(
        "zendesk: the load is refused, its cursor stays where it was: zendesk__tickets breaks status__"
    )
    assert [problem.split(" (observed ")[0] for problem in gate] == [
        "mart.customers breaks table__row_count_between",
        "mart.customers breaks arr__sum_between",
    ]


def test_the_other_systems_go_on(refused: RefusedRefresh) -> None:
    newest: dict[str, str] = {}
    for row in sorted(recorded_loads(refused.settings), key=lambda row: str(row["load_id"])):
        newest.setdefault(f"{row['source_system']} {row['landed_at'].date()}", row["verdict"])
    assert {name: verdict for name, verdict in newest.items() if str(NEXT_WEEK) in name} == {
        f"files {NEXT_WEEK}": "admitted",
        f"hubspot {NEXT_WEEK}": "admitted",
        f"zendesk {NEXT_WEEK}": "refused",
    }


def test_raw_holds_the_last_admitted_tickets(refused: RefusedRefresh, lived: LivedCompany) -> None:
    tickets = "raw.raw_zendesk__tickets"
    here, there = refused.settings.warehouse_path, lived.data_dir / "warehouse" / "retention.duckdb"
    assert rows(here, tickets) == rows(there, tickets)
    calls = "raw.raw_hubspot__calls"
    assert len(rows(here, calls)) > len(rows(there, calls))


def test_what_depends_on_a_system_that_fails_goes_on_with_its_last_good_state_and_tells_how_old_it_is(
    refused: RefusedRefresh, lived: LivedCompany
) -> None:
    here, there = refused.settings.warehouse_path, lived.data_dir / "warehouse" / "retention.duckdb"
    assert rows(here, "raw.raw_bamboohr__employees") == rows(there, "raw.raw_bamboohr__employees") != []
    ages = "select distinct source_system, freshness, round(age_hours) from mart.load_status"
    assert rows(here, f"({ages} where source_system != 'files')") == [
        ("bamboohr", "stale", WEEK_IN_HOURS),
        ("hubspot", "fresh", 0),
        ("zendesk", "stale", WEEK_IN_HOURS),
    ]


def test_the_publication_stays_as_it_was(refused: RefusedRefresh) -> None:
    assert (refused.settings.published_dir / "kept.duckdb").read_bytes() == refused.published_before


def test_the_next_load_asks_from_where_the_last_admitted_one_ended(refused: RefusedRefresh) -> None:
    assert refused.afterwards.verdict == "admitted"
    assert refused.afterwards.tables["zendesk__tickets"].row_count > 0
    assert refused.cursors_asked_again[0] == refused.cursors_asked[0]


def test_the_trust_page_names_what_refused_and_how_old_is_what_stands(refused: RefusedRefresh) -> None:
    page = (refused.settings.reports_dir / NEXT_WEEK.isoformat() / "trust.html").read_text()
    told = " ".join(unescape(re.sub(r"<[^>]+>", " ", page.replace("<wbr>", ""))).split())
    assert "The last refresh was refused: 2 checks failed." in told
    assert f"These numbers stand as of {LAST_DAY} , 7 days before this report." in told
    broken = told.partition("Checks that failed or warn")[2].partition("Where the data comes from")[0]
    for rule in ("mart.customers table__row_count_between", "mart.customers arr__sum_between"):
        assert f"{rule} ✖ failed" in broken
    assert "landing.zendesk__tickets load__admitted ✖ failed" in broken
    for system in ("bamboohr", "files", "hubspot", "zendesk"):
        assert re.search(rf"{system}: last good state of {LAST_DAY} [\d:]+ UTC , 7 days old", told), system
