"""Each of the ten stories is among what costs its customer most, and is told in what is recommended to do about it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import duckdb
import pytest

from dagster_project.demo.stories import STORIES
from tests.conftest import DemoRun


@dataclass(frozen=True)
class Told:
    """A driver that tells a story, and what the recommended action must say or point at."""

    driver: str
    says: str
    points_at: str


# Of two records for one company the mart knows only one: what went to the other looks like silence.
TOLD = {
    "musical_chairs": Told("musical_chairs", "Changes in their account team in the last year: 7", "assignments"),
    "ghost_owner": Told("ghost_owner", "gone since", "assignments"),
    "courtesy_calls_only": Told("courtesy_instead_of_substance", "Courtesy makes up 100 %", "touches"),
    "courted_before_renewal": Told("too_few_pulse_checks", "A pulse check in 17 %", "touches"),
    "surprise_by_survey": Told("surprise", "found in the survey", "quality_incidents"),
    "told_you_so": Told("told_you_so", "Pump 2 is worn", "voice_of_customer"),
    "gone_quiet": Told("gone_quiet", "Third stop this month", "quality_incidents"),
    "two_records": Told("long_silence", "The longest silence of the last year lasted", "touches"),
    "flavour_of_the_month": Told("flavour_of_the_month", "in the last 180 days: 6", "touches"),
}


@pytest.fixture(scope="module")
def mart(demo: DemoRun) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(demo.publication), read_only=True) as connection:
        yield connection


def rows(mart: duckdb.DuckDBPyConnection, table: str, customer_id: str) -> list[dict[str, Any]]:
    cursor = mart.execute(f"select * from mart.{table} where customer_id = ?", [customer_id])
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def top_drivers(mart: duckdb.DuckDBPyConnection, customer_id: str) -> list[str | None]:
    (lifecycle,) = rows(mart, "customer_lifecycle", customer_id)
    return [lifecycle[f"top_driver_{position}"] for position in (1, 2, 3)]


@pytest.mark.parametrize("name", sorted(TOLD))
def test_what_went_wrong_is_among_what_costs_most_and_what_is_to_be_done(
    mart: duckdb.DuckDBPyConnection, name: str
) -> None:
    told, customer_id = TOLD[name], STORIES[name].customer_id
    assert told.driver in top_drivers(mart, customer_id)
    actions = {action["driver"]: action for action in rows(mart, "recommended_actions", customer_id)}
    action = actions[told.driver]
    assert told.says in f"{action['why']} {action['bring']}"
    evidence = json.loads(action["evidence"])
    assert told.points_at in {record["fact_table"] for record in evidence}
    assert all(record["source_url"] for record in evidence)


def test_a_happy_customer_is_healthy_and_nothing_grave_is_recommended(mart: duckdb.DuckDBPyConnection) -> None:
    customer_id = STORIES["happy_ambassador"].customer_id
    (lifecycle,) = rows(mart, "customer_lifecycle", customer_id)
    assert lifecycle["health_band"] == "healthy"
    grave = {told.driver for told in TOLD.values()} - {"musical_chairs"}
    assert grave & set(top_drivers(mart, customer_id)) == set()


def test_the_ghost_is_named_and_somebody_who_is_there_acts(mart: duckdb.DuckDBPyConnection) -> None:
    (customer,) = rows(mart, "customers", STORIES["ghost_owner"].customer_id)
    ((ghost_name,),) = mart.execute(
        "select full_name from mart.employees where employee_id = ?", [customer["account_manager_id"]]
    ).fetchall()
    actions = rows(mart, "recommended_actions", customer["customer_id"])
    assert any(ghost_name in action["bring"] for action in actions)
    assert {action["owner_id"] for action in actions} == {customer["csm_id"]}
    assert customer["account_manager_id"] != customer["csm_id"]


def test_every_record_that_an_action_points_at_is_in_the_mart(mart: duckdb.DuckDBPyConnection) -> None:
    keys = {
        "touches": "touch_id",
        "assignments": "assignment_id",
        "quality_incidents": "incident_id",
        "voice_of_customer": "voice_id",
        "survey_responses": "survey_response_id",
        "renewals": "renewal_id",
        "product_usage": "product_usage_id",
        "success_goals": "success_goal_id",
    }
    lists = mart.execute("select customer_id, evidence from mart.recommended_actions").fetchall()
    named = {
        (record["fact_table"], record["fact_id"], customer_id)
        for customer_id, evidence in lists
        for record in json.loads(evidence)
        if record["fact_table"] is not None
    }
    assert len(named) > 100
    found = {
        (table, *row)
        for table, key in keys.items()
        for row in mart.execute(f"select {key}, customer_id from mart.{table}").fetchall()
    }
    assert named - found == set()
