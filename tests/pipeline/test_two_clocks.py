"""What a month knew stays what it knew: the mart after several loads against the mart of the time."""

from __future__ import annotations

from datetime import date, timedelta

from tests.dbt.landing_writer import Row
from tests.pipeline.drops import CORRECTED, customers_of
from tests.pipeline.life import MONTH_ENDS, LivedCompany, company

# Descriptions are current values by definition, and so are the job titles that personas are read from; whether a month
# is the running one depends on the day of asking.
RESTATED = ("segment", "is_current", "personas_touched_180d", "user_touch_share_180d")
PERSONAS = RESTATED[2:]
# What drivers on personas are part of.
SCORED = ("health_score", "health_floor", "health_band", "health_score_change_1m")
SCORED += ("top_driver_1", "top_driver_2", "top_driver_3")


def in_order(months: list[Row], until: date) -> list[Row]:
    """The months that had ended by a day, without what is restated."""
    kept = [{name: row[name] for name in row if name not in RESTATED} for row in months if row["month"] <= until]
    return sorted(kept, key=lambda row: (row["customer_id"], row["month"]))


def with_other_personas(then: list[Row], now: list[Row]) -> set[str]:
    """Customers of whose contacts somebody has another job title since: their scores look at personas too."""
    known = {(row["customer_id"], row["month"]): [row[name] for name in PERSONAS] for row in now}
    return {
        row["customer_id"]
        for row in then
        if [row[name] for name in PERSONAS] != known.get((row["customer_id"], row["month"]))
    }


def test_a_month_built_from_all_loads_equals_the_month_as_it_was_built_at_its_end(lived: LivedCompany) -> None:
    # A merge restates by definition: the months then knew two companies where there is one now. So does a file that
    # corrects when and how a touch was.
    merged = {row["entity_id"] for row in lived.rows("select * from mart.identity_links where rule = 'merged_in_crm'")}
    restated = merged | set(customers_of(company())[:CORRECTED])
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
        rescored = with_other_personas(lived.then[day]["customer_months"], now)
        assert len(rescored) < len({row["customer_id"] for row in told_now}) / 2
        differing = [
            (after["customer_id"], str(after["month"]), column, before[column], after[column])
            for before, after in zip(told_then, told_now, strict=True)
            for column in before
            if before[column] != after[column] and not (after["customer_id"] in rescored and column in SCORED)
        ]
        assert differing == []


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
