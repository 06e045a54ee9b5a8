"""The vendors' own examples, which nobody here wrote, read by the connectors and followed through to staging."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from dagster_project.checks import judge_batch
from dagster_project.loads import land
from dagster_project.progress import Narrator
from dagster_project.settings import Settings
from dagster_project.sources.bamboohr import BambooHR
from dagster_project.sources.zendesk import Zendesk
from tests.dbt.landing_writer import Row, build, query
from tests.sources.official import needs_official_examples, official_bamboohr, official_zendesk

pytestmark = needs_official_examples


@pytest.fixture(scope="module")
def examples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with the examples landed and staged."""
    data_dir = tmp_path_factory.mktemp("official")
    settings = Settings.from_env({"KEPT_DATA_DIR": str(data_dir), "KEPT_AS_OF": "2026-11-18"})
    settings.prepare()
    with official_zendesk() as vendor:
        zendesk = land(Zendesk(base_url=vendor.url, oauth_token="token"), settings, judge_batch, Narrator())
    with official_bamboohr() as vendor:
        bamboohr = land(BambooHR(base_url=vendor.url, api_key="key"), settings, judge_batch, Narrator())
    assert (zendesk.verdict, bamboohr.verdict) == ("admitted", "admitted"), (zendesk.reason, bamboohr.reason)
    build(data_dir, select="+stg_zendesk__* +stg_bamboohr__*", as_of="2026-11-18")
    return data_dir


def staged(examples: Path, table: str) -> list[Row]:
    return query(examples, f"select * from staging.{table} order by all")


def test_the_official_ticket_is_staged_with_its_status_priority_and_metric_set(examples: Path) -> None:
    (ticket,) = staged(examples, "stg_zendesk__tickets")
    assert ticket["incident_id"] == "zendesk:35436"
    assert ticket["ticket_type"] == "incident"
    assert ticket["opened_on"] == date(2009, 7, 20)
    assert ticket["subject"] == "Help, my printer is on fire!"
    (version,) = staged(examples, "stg_zendesk__ticket_versions")
    assert (version["status"], version["priority"]) == ("open", "high")


def test_the_official_organization_and_user_are_staged(examples: Path) -> None:
    (organization,) = staged(examples, "stg_zendesk__organizations")
    assert (organization["organization_id"], organization["external_id"]) == ("4112492", "ABC198")
    assert "remain.com" in organization["domain_names"]
    (user,) = staged(examples, "stg_zendesk__users")
    assert (user["email"], user["is_agent"]) == ("johnny@example.com", True)


def test_the_official_employees_are_staged_with_jobs_and_employment(examples: Path) -> None:
    names = {row["employee_id"]: row["full_name"] for row in staged(examples, "stg_bamboohr__employees")}
    assert names["bamboohr:123"] == "Ava Nguyen"
    assert {"bamboohr:124", "bamboohr:200", "bamboohr:207"} <= set(names)
    (job,) = staged(examples, "stg_bamboohr__job_history")
    assert (job["employee_id"], job["department"]) == ("bamboohr:123", "Engineering")
    assert (job["effective_on"], job["recorded_on"]) == (date(2024, 2, 1), date(2024, 2, 1))
    (status,) = staged(examples, "stg_bamboohr__employment_history")
    assert (status["employee_id"], status["ends_employment"]) == ("bamboohr:124", False)
