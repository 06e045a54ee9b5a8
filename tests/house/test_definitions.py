"""The graph as Dagster loads it: its layers, its lineage, every rule a check of its own, its jobs and schedules."""

from __future__ import annotations

import os
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest
from dagster import AssetKey, AssetSpec, DefaultScheduleStatus, Definitions

from dagster_project.assets import months, published, reports
from dagster_project.assets.landing import ADMITTED, landing_assets
from dagster_project.checks import suites
from dagster_project.definitions import build_defs
from dagster_project.progress import Narrator
from dagster_project.settings import DROP_FOLDER, KNOWN_SOURCES, PROJECT_DIR, Settings
from tests.dbt.landing_writer import hand_over_parsed_project

LAYERS = ["landing", "raw", "staging", "intermediate", "marts", "published", "reports"]
# The files a person edits are read by dbt too, and stand in the graph as what they are.
GROUPS = {*LAYERS, "seeds"}
SYSTEMS = (*KNOWN_SOURCES, DROP_FOLDER)


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Definitions]:
    before, mask = dict(os.environ), os.umask(0o022)
    settings = Settings(data_dir=tmp_path_factory.mktemp("graph"))
    hand_over_parsed_project(settings.dbt_target_dir)
    yield build_defs(settings)
    os.umask(mask)
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture(scope="module")
def specs(graph: Definitions) -> dict[AssetKey, AssetSpec]:
    return {spec.key: spec for spec in graph.resolve_all_asset_specs()}


@pytest.fixture(scope="module")
def checks(graph: Definitions) -> dict[tuple[str, str], bool]:
    """Every check by asset and name, with whether it holds back what is downstream."""
    nodes = graph.resolve_asset_graph()
    return {
        (key.asset_key.to_user_string(), key.name): nodes.get_check_spec(key).blocking for key in nodes.asset_check_keys
    }


def test_every_asset_stands_in_the_group_of_its_layer(specs: dict[AssetKey, AssetSpec]) -> None:
    assert {spec.group_name for spec in specs.values()} == GROUPS
    for key, spec in specs.items():
        assert {"mart": "marts"}.get(key.path[0], key.path[0]) == spec.group_name, key


def test_every_sentence_under_dbt_tests_is_a_check_that_the_trust_page_can_show(
    checks: dict[tuple[str, str], bool],
) -> None:
    sentences = {path.stem for path in (PROJECT_DIR / "dbt" / "tests").glob("*.sql")}
    assert len(sentences) > 10
    assert sentences - {name for _, name in checks} == set()


def test_every_landing_table_of_every_source_is_an_asset(specs: dict[AssetKey, AssetSpec]) -> None:
    declared = {table.name for system in SYSTEMS for table in import_module(f"dagster_project.sources.{system}").TABLES}
    landing = {key.path[-1] for key, spec in specs.items() if spec.group_name == "landing"}
    assert landing == declared | {"kept__loads", "_dlt_loads", "kept__quarantine", "kept__releases"}


def test_every_model_is_an_asset_in_the_folder_of_its_layer(specs: dict[AssetKey, AssetSpec]) -> None:
    for layer in ("raw", "staging", "intermediate", "marts"):
        written = {path.stem for path in (PROJECT_DIR / "dbt" / "models" / layer).rglob("*.sql")}
        assert {key.path[-1] for key, spec in specs.items() if spec.group_name == layer} == written


def test_a_landed_ticket_leads_to_the_reports_through_every_layer(
    graph: Definitions, specs: dict[AssetKey, AssetSpec]
) -> None:
    nodes = graph.resolve_asset_graph()
    reached, ahead = set(), [AssetKey(["landing", "zendesk__tickets"])]
    while ahead:
        key = ahead.pop()
        if key not in reached:
            reached.add(key)
            ahead += nodes.get(key).child_keys
    assert {specs[key].group_name for key in reached} == set(LAYERS)
    assert {published.KEY, reports.KEY} <= reached


def test_every_mart_is_published(graph: Definitions) -> None:
    nodes = graph.resolve_asset_graph()
    marts = {key for key in nodes.get_all_asset_keys() if key.path[0] == "mart"}
    assert marts == set(nodes.get(published.KEY).parent_keys)


def test_every_rule_about_landing_is_a_check_that_lets_the_models_go_on(checks: dict[tuple[str, str], bool]) -> None:
    rules = {(f"landing/{table}", rule.name) for table, suite in suites("landing").items() for rule in suite.rules}
    assert rules
    assert rules <= set(checks)
    assert not any(checks[rule] for rule in rules)


def test_every_rule_about_a_mart_is_a_check_and_the_critical_ones_hold_back_publishing(
    checks: dict[tuple[str, str], bool],
) -> None:
    rules = {
        (f"mart/{table}", rule.name): rule.severity == "critical"
        for table, suite in suites("marts").items()
        for rule in suite.rules
    }
    assert {name: checks.get(name) for name in rules} == rules
    assert any(rules.values())


def test_every_landed_table_has_a_suite_and_a_check_that_its_load_was_admitted(
    checks: dict[tuple[str, str], bool], specs: dict[AssetKey, AssetSpec]
) -> None:
    landed = {
        key for key, spec in specs.items() if spec.group_name == "landing" and key.path[-1].split("__")[0] in SYSTEMS
    }
    assert {key.path[-1] for key in landed} == set(suites("landing"))
    assert {(key.to_user_string(), ADMITTED) for key in landed} <= set(checks)


def test_every_mart_has_a_suite(specs: dict[AssetKey, AssetSpec]) -> None:
    assert {key.path[-1] for key, spec in specs.items() if spec.group_name == "marts"} == set(suites("marts"))


def test_refresh_warehouse_goes_from_landing_to_published_and_publish_reports_from_there(
    graph: Definitions, specs: dict[AssetKey, AssetSpec]
) -> None:
    groups = {
        name: {specs[key].group_name for key in graph.resolve_job_def(name).asset_layer.selected_asset_keys}
        for name in ("refresh_warehouse", "rebuild_warehouse", "publish_reports")
    }
    assert groups == {
        "refresh_warehouse": GROUPS - {"reports"},
        "rebuild_warehouse": GROUPS - {"reports", "landing"},
        "publish_reports": {"reports"},
    }


def test_any_month_can_be_backfilled_and_no_refresh_does_it(graph: Definitions) -> None:
    assert graph.resolve_assets_def(months.KEY).partitions_def == months.MONTHS
    refreshed = graph.resolve_job_def("refresh_warehouse").asset_layer.selected_asset_keys
    assert months.KEY not in refreshed


def test_refreshing_asks_for_the_rules_of_marts(graph: Definitions) -> None:
    nodes = {node.name for node in graph.resolve_job_def("refresh_warehouse").nodes}
    assert {"judge_marts", "build_models", *(f"land_{system}" for system in SYSTEMS)} <= nodes


def test_refresh_is_scheduled_daily_and_the_reports_weekly_until_somebody_says_so(graph: Definitions) -> None:
    schedules = {
        schedule.name: (schedule.job_name, schedule.cron_schedule, schedule.default_status)
        for schedule in (graph.resolve_schedule_def(name) for name in ("daily_refresh", "weekly_reports"))
    }
    assert schedules == {
        "daily_refresh": ("refresh_warehouse", "0 4 * * *", DefaultScheduleStatus.STOPPED),
        "weekly_reports": ("publish_reports", "0 6 * * 1", DefaultScheduleStatus.STOPPED),
    }


def test_only_connected_systems_land_and_the_drop_folder_always(graph: Definitions, tmp_path: Path) -> None:
    landing = landing_assets(Settings(data_dir=tmp_path, sources=("zendesk",)), Narrator())
    assert {key.path[-1].split("__")[0] for one in landing for key in one.keys} == {"zendesk", "files"}


def test_every_asset_says_what_it_is(specs: dict[AssetKey, AssetSpec]) -> None:
    silent = [
        key.to_user_string()
        for key, spec in specs.items()
        if not (spec.description or "").strip() and spec.group_name in ("landing", "marts", "published", "reports")
    ]
    assert silent == []
