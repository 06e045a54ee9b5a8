"""The landing step in Dagster: one system that cannot be read is told in one line, and holds nobody up."""

from __future__ import annotations

from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
from dagster import AssetCheckSeverity, AssetKey, ExecuteInProcessResult, asset, materialize

from dagster_project.assets.landing import ADMITTED, asset_key, landing_assets
from dagster_project.checks import rules_of_landing
from dagster_project.demo.company import World, simulate
from dagster_project.demo.server import DemoServer
from dagster_project.loads import recorded_loads
from dagster_project.progress import Narrator
from dagster_project.quarantine import standing
from dagster_project.resources import refresh_lock
from dagster_project.settings import Settings

MODELS = AssetKey("models")
TICKETS = asset_key("zendesk__tickets")


@pytest.fixture(scope="module")
def world() -> World:
    return simulate(customers=20, prospects=6, years=2, employees=30)


@pytest.fixture
def server(world: World) -> Iterator[DemoServer]:
    with DemoServer(world, time_scale=0.01) as running:
        yield running


def systems(server: DemoServer, data_dir: Path) -> dict[str, str]:
    return {**server.environment, "KEPT_SOURCES": "zendesk,bamboohr", "KEPT_DATA_DIR": str(data_dir)}


def run(settings: Settings) -> tuple[ExecuteInProcessResult, list[str]]:
    """The landing of every system, and a model that reads all of it."""
    settings.prepare()
    told = StringIO()
    tell = Narrator(told)
    landing = landing_assets(settings, tell)

    @asset(key=MODELS, deps=[key for one in landing for key in one.keys])
    def models() -> None:
        pass

    result = materialize(
        [*landing, models],
        resources={"refresh_lock": refresh_lock(settings, tell)},
        raise_on_error=False,
    )
    return result, tell.problems


@pytest.fixture
def without_zendesk(server: DemoServer, tmp_path: Path) -> Settings:
    return Settings.from_env({**systems(server, tmp_path / "data"), "ZENDESK_CLIENT_SECRET": ""})


def test_a_system_without_a_credential_is_told_in_one_line_and_the_others_and_the_models_go_on(
    without_zendesk: Settings,
) -> None:
    result, problems = run(without_zendesk)
    assert result.success
    assert [problem.partition(" is not set: ")[0] for problem in problems] == ["zendesk: ZENDESK_CLIENT_SECRET"]
    loads = {(row["source_system"], row["verdict"]) for row in recorded_loads(without_zendesk)}
    assert loads == {("bamboohr", "admitted"), ("files", "admitted")}
    materialized = {event.asset_key for event in result.get_asset_materialization_events()}
    assert MODELS in materialized

    checks = {(one.asset_key, one.check_name): one for one in result.get_asset_check_evaluations()}
    assert not checks[(TICKETS, ADMITTED)].passed
    assert checks[(asset_key("bamboohr__employees"), ADMITTED)].passed
    of_tickets = [checks[(TICKETS, rule.name)] for rule in rules_of_landing("zendesk__tickets")]
    assert {(one.passed, str(one.metadata["detail"].value)) for one in of_tickets} == {
        (False, "not judged, since nothing could be read")
    }


def test_a_refused_load_is_a_red_check_of_the_broken_rule_and_the_others_and_the_models_go_on(
    server: DemoServer, tmp_path: Path
) -> None:
    settings = Settings.from_env(systems(server, tmp_path / "data"))
    server.misbehave("zendesk", "/api/v2/incremental/tickets", "rows", None, edit=lambda rows: lose(rows, "status"))
    result, problems = run(settings)
    assert result.success
    assert len(problems) == 1
    assert problems[0].startswith(
        "zendesk: the load is refused, its cursor stays where it was: zendesk__tickets breaks "
    )
    verdicts = {(row["source_system"], row["verdict"]) for row in recorded_loads(settings)}
    assert verdicts == {("bamboohr", "admitted"), ("files", "admitted"), ("zendesk", "refused")}
    broken = {
        one.check_name for one in result.get_asset_check_evaluations() if not one.passed and one.asset_key == TICKETS
    }
    assert ADMITTED in broken
    assert any(name.startswith("status__") for name in broken)
    assert MODELS in {event.asset_key for event in result.get_asset_materialization_events()}


def test_a_row_that_is_held_back_is_a_warning_by_its_rule_and_no_problem_and_the_load_is_admitted(
    server: DemoServer, tmp_path: Path
) -> None:
    settings = Settings.from_env({**systems(server, tmp_path / "data"), "KEPT_SOURCES": "bamboohr"})
    histories = "/api/v1/employees/all/tables/jobInfo"
    server.misbehave("bamboohr", histories, "rows", None, edit=lambda rows: rows[0].update(date="soon"))
    result, problems = run(settings)
    assert result.success and problems == []
    jobs = asset_key("bamboohr__job_info")
    checks = {one.check_name: one for one in result.get_asset_check_evaluations() if one.asset_key == jobs}
    assert checks[ADMITTED].passed
    broken = checks["date__match_regex"]
    assert (broken.passed, broken.severity) == (False, AssetCheckSeverity.WARN)
    assert [(rules[0].source_table, rules[0].rule) for rules in standing(settings).values()] == [
        ("bamboohr__job_info", "date__match_regex")
    ]


def test_a_file_of_no_use_is_a_red_check_and_one_line_and_the_other_files_land(
    server: DemoServer, tmp_path: Path
) -> None:
    settings = Settings.from_env({**systems(server, tmp_path / "data"), "KEPT_SOURCES": "bamboohr"})
    usage = settings.drop_dir / "product_usage"
    usage.mkdir(parents=True)
    (usage / "bad.csv").write_text("customer_id,product,month\nhubspot:1,Base,May\n")
    (usage / "good.csv").write_text("customer_id,product,month\nhubspot:1,Base,2026-05\n")
    result, problems = run(settings)
    assert result.success
    (problem,) = problems
    assert problem.startswith("files: drop/product_usage/bad.csv: row 2, column month: ")
    table = "files__product_usage"
    (recorded,) = [row for row in recorded_loads(settings) if row["source_table"] == table]
    assert (recorded["verdict"], recorded["row_count"]) == ("admitted", 1)
    assert problem == f"files: {recorded['reason']}"
    checks = {(one.asset_key, one.check_name): one for one in result.get_asset_check_evaluations()}
    assert not checks[(asset_key(table), ADMITTED)].passed
    assert checks[(asset_key("files__touches"), ADMITTED)].passed


def lose(rows: list[dict[str, object]], field: str) -> None:
    for row in rows:
        row[field] = None
