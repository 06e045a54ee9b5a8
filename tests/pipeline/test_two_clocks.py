"""What a month knew stays what it knew: the mart after several loads against the mart of the time."""

from __future__ import annotations

from datetime import date, timedelta

from tests.dbt.landing_writer import Row
from tests.pipeline.drops import CORRECTED, customers_of
from tests.pipeline.life import MONTH_ENDS, LivedCompany, company

# Descriptions are current values by definition, and so are the job titles that personas are read from; whether a month
# is the running one depends on the day of asking. Through the drivers that read personas, and through no other, the
# score is restated too.
RESTATED = ("segment", "is_current", "personas_touched_180d", "user_touch_share_180d")
SCORES = ("health_score", "health_floor", "health_band", "health_score_change_1m")
SCORES += ("top_driver_1", "top_driver_2", "top_driver_3")
POINTS = ("customer_id", "month", "driver", "value", "penalty", "weight", "state")


def in_order(months: list[Row], until: date) -> list[Row]:
    """The months that had ended by a day, without what is restated."""
    kept = [
        {name: row[name] for name in row if name not in RESTATED + SCORES} for row in months if row["month"] <= until
    ]
    return sorted(kept, key=lambda row: (row["customer_id"], row["month"]))


def points_in_order(points: list[Row], until: date) -> list[Row]:
    """What each driver was, but for those that read what is restated."""
    kept = [
        {name: row[name] for name in POINTS}
        for row in points
        if row["month"] <= until and row["measured_column"] not in RESTATED
    ]
    return sorted(kept, key=lambda row: (row["customer_id"], row["month"], row["driver"]))


def restated_by_definition(lived: LivedCompany) -> set[str]:
    """A merge restates: the months then knew two companies where there is one now. So does a file that corrects when
    and how a touch was."""
    merged = lived.rows("select entity_id from mart.identity_links where rule = 'merged_in_crm'")
    return {row["entity_id"] for row in merged} | set(customers_of(company())[:CORRECTED])


def test_a_month_built_from_all_loads_equals_the_month_as_it_was_built_at_its_end(lived: LivedCompany) -> None:
    restated = restated_by_definition(lived)
    now = lived.rows("select * from mart.customer_months")
    for day in MONTH_ENDS:
        rows = in_order(lived.then[day]["customer_months"], day)
        assert len({row["month"] for row in rows}) >= 12
        told_then = [row for row in rows if row["customer_id"] not in restated]
        assert len(told_then) > len(rows) * 0.8
        told_now = [row for row in in_order(now, day) if row["customer_id"] not in restated]
        assert [(row["customer_id"], row["month"]) for row in told_now] == [
            (row["customer_id"], row["month"]) for row in told_then
        ]
        differing = [
            (after["customer_id"], str(after["month"]), column, before[column], after[column])
            for before, after in zip(told_then, told_now, strict=True)
            for column in before
            if before[column] != after[column]
        ]
        assert differing == []


def test_what_each_driver_was_at_the_end_of_a_month_it_is_for_ever(lived: LivedCompany) -> None:
    restated = restated_by_definition(lived)
    now = lived.rows("select * from mart.health_points")
    for day in MONTH_ENDS:
        told_then, told_now = (
            [row for row in points_in_order(points, day) if row["customer_id"] not in restated]
            for points in (lived.then[day]["health_points"], now)
        )
        assert {row["state"] for row in told_then} >= {"known", "not_applicable"}
        assert [pair for pair in zip(told_now, told_then, strict=True) if pair[0] != pair[1]] == []


def test_the_months_lived_through_brought_late_changed_and_deleted_records(lived: LivedCompany) -> None:
    crossed = "({} <= timestamp '%s 23:59:59' and {} > timestamp '%s 23:59:59')"
    ends = " or ".join(crossed % (day, day) for day in MONTH_ENDS)
    removed_later = ends.format(*["recorded_at", "removed_at"] * len(MONTH_ENDS))
    entered_later = ends.format(*["occurred_at", "recorded_at"] * len(MONTH_ENDS))
    assert lived.rows(f"select * from mart.removed_facts where {removed_later}")
    assert lived.rows(f"select * from mart.touches where {entered_later}")
    assert lived.rows("select id from raw.raw_hubspot__calls where first_landed_at < last_landed_at")


def test_a_touch_deleted_later_still_counts_in_the_month_before_and_in_none_after(lived: LivedCompany) -> None:
    end = MONTH_ENDS[0]
    gone = lived.rows(
        f"""select customer_id from mart.removed_facts
        where fact_table = 'touches' and customer_id is not null
            and recorded_at <= timestamp '{end} 23:59:59' and removed_at > timestamp '{end} 23:59:59'
            and occurred_at > timestamp '{end - timedelta(days=80)}' and occurred_at < timestamp '{end}'"""
    )
    assert gone
    for fact in gone:
        counted = lived.rows(
            f"""select count(*) as touches from mart.touches
            where customer_id = '{fact["customer_id"]}' and recorded_at <= timestamp '{end} 23:59:59'
                and occurred_at >= timestamp '{end - timedelta(days=89)}'
                and occurred_at < timestamp '{end + timedelta(days=1)}'"""
        )[0]["touches"]
        months = lived.then[end]["customer_months"]
        month = [row for row in months if (row["customer_id"], row["as_of_on"]) == (fact["customer_id"], end)]
        assert not month or month[0]["touches_90d"] > counted
