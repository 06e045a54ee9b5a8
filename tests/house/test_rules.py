"""Every rule of every suite, landing and marts, seen to hold on good rows and to fail by its own check's name."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from dagster import AssetCheckSeverity, AssetKey

from dagster_project.assets.models import judge_all_marts
from dagster_project.checks import PAST, check_results, rules_of_landing, suites
from dagster_project.settings import Settings
from expectations import Rule, describe
from tests.house.mutations import (
    BY_HAND,
    LANDED,
    ROWS,
    Mutation,
    create_mart,
    good_rows,
    keys,
    mutations,
    outcome_of,
    outcomes,
    wrong_rows,
)
from tests.mart_contracts import contracts

TABLES = [(layer, table) for layer in ("landing", "marts") for table in suites(layer)]
RULES = [(layer, table, rule) for layer, table in TABLES for rule in suites(layer)[table].rules]
SHARES = [(layer, table, rule) for layer, table, rule in RULES if len(wrong_rows(rule)) > 1]


def broken_rules() -> Iterator[object]:
    for layer, table, rule in RULES:
        for mutation in mutations(layer, table, rule):
            yield pytest.param(layer, table, rule, mutation, id=f"{layer}-{table}-{rule.name}-{mutation.label}")


def test_every_rule_of_every_suite_has_a_mutation_that_breaks_it() -> None:
    assert [(table, rule.name) for layer, table, rule in RULES if not mutations(layer, table, rule)] == []


def test_every_mutation_written_by_hand_is_about_a_rule_that_exists() -> None:
    assert set(BY_HAND) - {(table, rule.name) for _, table, rule in RULES} == set()


def test_every_table_that_lands_and_every_mart_has_a_suite_and_good_rows() -> None:
    assert set(suites("landing")) == set(LANDED)
    assert set(suites("marts")) == set(contracts())


@pytest.mark.parametrize(("layer", "table"), TABLES)
def test_good_rows_pass_every_rule(layer: str, table: str) -> None:
    told = outcomes(layer, table, good_rows(layer, table))
    asked = rules_of_landing(table) if layer == "landing" else suites(layer)[table].rules
    assert [outcome.rule for outcome in told] == list(asked)
    assert [describe(outcome) for outcome in told if not outcome.passed] == []


@pytest.mark.parametrize(("layer", "table", "rule", "mutation"), broken_rules())
def test_a_rule_that_is_broken_fails_by_its_own_name_and_tells_keys_alone(
    layer: str, table: str, rule: Rule, mutation: Mutation
) -> None:
    outcome = outcome_of(layer, table, rule, mutation.change(good_rows(layer, table)))
    assert not outcome.passed
    assert outcome.refuses == (rule.severity == "critical")

    (check,) = [result for result in check_results(AssetKey(table), [outcome]) if not result.passed]
    assert check.check_name == rule.name
    assert check.severity == (AssetCheckSeverity.ERROR if rule.severity == "critical" else AssetCheckSeverity.WARN)

    if rule.column in suites(layer)[table].key:
        return
    if mutation.value:
        assert mutation.value not in f"{outcome.failing_keys} {outcome.detail} {check.metadata}"
    if mutation.rows:
        named = keys(layer, table)
        wrong = {named[position] for position in mutation.rows}
        # The sparse last row may be one of the few that a rule about a share lets pass.
        assert wrong <= set(outcome.failing_keys) <= wrong | {named[-1]}
        assert len(wrong) <= outcome.rows_failing <= len(wrong) + 1


@pytest.mark.parametrize(("layer", "table", "rule"), SHARES)
def test_a_few_sloppy_rows_do_not_break_a_rule_about_a_share(layer: str, table: str, rule: Rule) -> None:
    mutation = mutations(layer, table, rule)[0]
    good = good_rows(layer, table)
    few = len(mutation.rows) // 2
    assert outcome_of(layer, table, rule, mutation.change(good)[:few] + good[few:]).passed


def test_marts_are_compared_with_what_stands_published(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    settings.published_dir.mkdir()
    settings.warehouse_path.parent.mkdir()
    for path, kept in ((settings.published_dir / "kept.duckdb", ROWS), (settings.warehouse_path, ROWS // 4)):
        with duckdb.connect(str(path)) as connection:
            connection.execute("create schema mart")
            for mart in suites("marts"):
                create_mart(connection, mart, good_rows("marts", mart)[:kept], "mart")
    broken = {
        (mart, outcome.rule.name)
        for mart, told in judge_all_marts(settings).items()
        for outcome in told
        if not outcome.passed
    }
    assert broken == {(table, rule.name) for layer, table, rule in RULES if layer == "marts" and PAST in rule.kwargs}
