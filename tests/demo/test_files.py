"""The files that people of the demo company drop: whole by their contracts, and telling what is true of the company."""

from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dagster_project.demo.company import STORIES, World, simulate
from dagster_project.demo.files import drop, files_of
from dagster_project.sources import Record
from dagster_project.sources.files import Files

Rows = dict[str, list[Record]]


@pytest.fixture(scope="module")
def dropped(company: World, tmp_path_factory: pytest.TempPathFactory) -> Rows:
    """What the connector reads of the default company's drop folder."""
    folder = tmp_path_factory.mktemp("drop")
    drop(company, folder)
    source = Files(folder)
    found: dict[str, list[Record]] = defaultdict(list)
    for table, records in source.read({}, datetime.now(UTC)):
        found[table.removeprefix("files__")].extend(records)
    assert source.refused == {}
    return found


def utilization(dropped: Rows) -> dict[str, dict[str, float]]:
    """By customer and month."""
    sums: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(lambda: [0.0, 0.0]))
    for row in dropped["product_usage"]:
        figures = sums[str(row["customer_id"])][str(row["month"])]
        figures[0] += float(row["units_used"] or 0)
        figures[1] += float(row["units_bought"] or 0)
    return {
        customer: {month: used / bought for month, (used, bought) in months.items()}
        for customer, months in sums.items()
    }


def test_every_file_keeps_its_contract_and_none_is_large(dropped: Rows, company: World) -> None:
    assert set(dropped) == {"product_usage", "success_goals", "retention_costs"}
    assert all(200 < len(rows) < 12_000 for rows in dropped.values())
    assert sum(len(file.content) for file in files_of(company)) < 1_000_000


def test_dropping_again_writes_nothing(company: World, tmp_path: Path) -> None:
    drop(company, tmp_path)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.*")}
    drop(company, tmp_path)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.*")} == before


def test_files_tell_of_customers_while_they_are_customers_and_of_no_day_to_come(dropped: Rows, company: World) -> None:
    by_id = {f"hubspot:{account.id}": account for account in company.accounts}
    for row in dropped["product_usage"]:
        account = by_id[str(row["customer_id"])]
        assert account.win_on is not None
        assert f"{account.win_on:%Y-%m}" <= str(row["month"]) <= f"{company.as_of:%Y-%m}"
        assert account.churned_on is None or str(row["month"]) <= f"{account.churned_on:%Y-%m}"
        assert 0 <= int(str(row["units_used"])) <= int(str(row["units_bought"]))
    assert max(str(row["month"]) for row in dropped["retention_costs"]) < f"{company.as_of:%Y-%m}"
    for row in dropped["success_goals"]:
        assert max(str(row["agreed_on"]), str(row["met_on"] or "")) <= company.as_of.isoformat()
        assert (row["met_on"] is not None) == (row["status"] == "met")
    assert {row["status"] for row in dropped["success_goals"]} == {"active", "met", "missed", "dropped"}


def test_who_hardly_uses_what_it_bought_reaches_fewer_goals(dropped: Rows, company: World) -> None:
    used = {customer: sum(months.values()) / len(months) for customer, months in utilization(dropped).items()}
    decided: dict[bool, list[bool]] = {True: [], False: []}
    for row in dropped["success_goals"]:
        if row["status"] in ("met", "missed") and row["customer_id"] in used:
            decided[used[str(row["customer_id"])] < 0.45].append(row["status"] == "met")
    shares = {is_low: sum(found) / len(found) for is_low, found in decided.items()}
    assert min(len(found) for found in decided.values()) > 50
    assert shares[True] < shares[False] - 0.1


def test_the_ambassador_uses_nearly_everything_and_has_met_every_goal(dropped: Rows) -> None:
    customer = STORIES["happy_ambassador"].customer_id
    months = sorted(utilization(dropped)[customer].items())
    assert all(share > 0.8 for _, share in months[-12:])
    statuses = [row["status"] for row in dropped["success_goals"] if row["customer_id"] == customer]
    assert statuses.count("met") >= 2
    assert set(statuses) <= {"met", "active"}


def test_costs_are_told_by_customer_or_segment(dropped: Rows) -> None:
    costs = dropped["retention_costs"]
    assert {(row["customer_id"] is None) != (row["segment"] is None) for row in costs} == {True}
    assert {row["segment"] for row in costs if row["segment"]} == {"enterprise", "mid_market", "small_business"}
    assert any(row["acquisition_cost"] for row in costs if row["customer_id"])


def test_another_part_of_the_company_drops_files_of_other_names_and_no_budgets() -> None:
    part = simulate(seed=3, customers=24, prospects=8, years=2, employees=30, part=1)
    files = {file.table: file for file in files_of(part)}
    assert {file.name for file in files.values()} == {"usage_2.csv", "goals_2.jsonl", "costs_2.csv"}
    assert b",enterprise," not in files["retention_costs"].content
