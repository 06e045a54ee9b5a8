"""What a month knew stays what it knew: the mart after several loads against the mart of the time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from dagster_project.demo.company import World, simulate
from tests.dbt.landing_writer import Row
from tests.pipeline.life import Life, living

# From the company's as-of day on, every day brings something late, something edited and something deleted.
MONTH_ENDS = (date(2026, 11, 30), date(2026, 12, 31))
AS_OF = date(2027, 1, 15)
# Descriptions are current values by definition, and so are the job titles that personas are read from; whether a month
# is the running one depends on the day of asking. Through the drivers that read personas, and through no other, the
# score is restated too.
RESTATED = ("segment", "is_current", "personas_touched_180d", "user_touch_share_180d")
SCORES = (
    "health_score",
    "health_floor",
    "health_band",
    "health_score_change_1m",
    "top_driver_1",
    "top_driver_2",
    "top_driver_3",
)
Then = dict[date, dict[str, list[Row]]]


@pytest.fixture(scope="module")
def world() -> World:
    return simulate(customers=40, prospects=10, years=2, employees=40, as_of=date(2026, 11, 18))


@pytest.fixture(scope="module")
def months(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Life, Then]]:
    """Loaded at two month ends and on a later day; for each month end its rows as they were built at the time."""
    with living(world, tmp_path_factory.mktemp("months")) as life:
        then: Then = {}
        for day in MONTH_ENDS:
            life.load(day)
            life.build(day)
            then[day] = {"customer_months": months_of(life, day), "health_points": points_of(life, day)}
        life.load(AS_OF)
        life.build(AS_OF)
        yield life, then


def months_of(life: Life, day: date) -> list[Row]:
    columns = f"* exclude ({', '.join(RESTATED + SCORES)})"
    return life.rows(
        f"select {columns} from mart.customer_months where month <= date '{day}' order by customer_id, month"
    )


def points_of(life: Life, day: date) -> list[Row]:
    measured = ", ".join(f"'{column}'" for column in RESTATED)
    return life.rows(
        f"""select customer_id, month, driver, value, penalty, weight, state from mart.health_points
        where month <= date '{day}' and measured_column not in ({measured}) order by customer_id, month, driver"""
    )


def test_a_month_built_from_all_loads_equals_the_month_as_it_was_built_at_its_end(
    months: tuple[Life, Then],
) -> None:
    life, then = months
    # A merge restates by definition: the months then knew two companies where there is one now.
    merged = {row["entity_id"] for row in life.rows("select * from mart.identity_links where rule = 'merged_in_crm'")}
    for day, tables in then.items():
        rows = tables["customer_months"]
        assert len({row["month"] for row in rows}) >= 12
        told_then = [row for row in rows if row["customer_id"] not in merged]
        assert len(told_then) > len(rows) * 0.9
        told_now = [row for row in months_of(life, day) if row["customer_id"] not in merged]
        assert [(row["customer_id"], row["month"]) for row in told_now] == [
            (row["customer_id"], row["month"]) for row in told_then
        ]
        differing = [
            (now["customer_id"], str(now["month"]), column, before[column], now[column])
            for before, now in zip(told_then, told_now, strict=True)
            for column in before
            if before[column] != now[column]
        ]
        assert differing == []


def test_what_each_driver_was_at_the_end_of_a_month_it_is_for_ever(months: tuple[Life, Then]) -> None:
    life, then = months
    merged = {row["entity_id"] for row in life.rows("select * from mart.identity_links where rule = 'merged_in_crm'")}
    for day, tables in then.items():
        told_then = [row for row in tables["health_points"] if row["customer_id"] not in merged]
        told_now = [row for row in points_of(life, day) if row["customer_id"] not in merged]
        assert {row["state"] for row in told_then} >= {"known", "not_applicable"}
        assert [(now, before) for now, before in zip(told_now, told_then, strict=True) if now != before] == []


def test_the_months_lived_through_brought_late_changed_and_deleted_records(
    months: tuple[Life, Then],
) -> None:
    life, _ = months
    crossed = "({} <= timestamp '%s 23:59:59' and {} > timestamp '%s 23:59:59')"
    ends = " or ".join(crossed % (day, day) for day in MONTH_ENDS)
    removed_later = ends.format(*["recorded_at", "removed_at"] * len(MONTH_ENDS))
    entered_later = ends.format(*["occurred_at", "recorded_at"] * len(MONTH_ENDS))
    assert life.rows(f"select * from mart.removed_facts where {removed_later}")
    assert life.rows(f"select * from mart.touches where {entered_later}")
    assert life.rows("select id from raw.raw_hubspot__calls where first_landed_at < last_landed_at")


def test_a_touch_deleted_later_still_counts_in_the_month_before_and_in_none_after(
    months: tuple[Life, Then],
) -> None:
    life, then = months
    end = MONTH_ENDS[0]
    gone = life.rows(
        f"""select customer_id from mart.removed_facts
        where fact_table = 'touches' and customer_id is not null
            and recorded_at <= timestamp '{end} 23:59:59' and removed_at > timestamp '{end} 23:59:59'
            and occurred_at > timestamp '{end - timedelta(days=80)}' and occurred_at < timestamp '{end}'"""
    )
    assert gone
    for fact in gone:
        counted = life.rows(
            f"""select count(*) as touches from mart.touches
            where customer_id = '{fact["customer_id"]}' and recorded_at <= timestamp '{end} 23:59:59'
                and occurred_at >= timestamp '{end - timedelta(days=89)}'
                and occurred_at < timestamp '{end + timedelta(days=1)}'"""
        )[0]["touches"]
        months_then = then[end]["customer_months"]
        month = [row for row in months_then if row["customer_id"] == fact["customer_id"] and row["as_of_on"] == end]
        assert not month or month[0]["touches_90d"] > counted


def test_a_day_without_news_changes_nothing_and_lands_no_row(months: tuple[Life, Then], tmp_path: Path) -> None:
    life, _ = months
    again = life.rebuilt_elsewhere(tmp_path)
    loads = life.load(AS_OF)
    assert {system: load.row_count for system, load in loads.items()} == {"hubspot": 0, "zendesk": 0, "bamboohr": 0}
    again.build(AS_OF)
    tables = [
        row["table_name"] for row in life.rows("select table_name from duckdb_tables() where schema_name = 'mart'")
    ]
    assert len(tables) >= 13
    for table in sorted(set(tables) - {"load_status"}):
        assert again.rows(f"select * from mart.{table} order by all") == life.rows(
            f"select * from mart.{table} order by all"
        ), table
