"""Scores of the demo company: what a lost or stale system does to them, and a weight that a person changes."""

from __future__ import annotations

import csv
from pathlib import Path

import duckdb
import pytest

from dagster_project.demo.company import DEFAULT_AS_OF
from tests.conftest import DemoRun
from tests.dbt.landing_writer import Row, build, copied_project, invoke_dbt, query

pytestmark = pytest.mark.nightly

AS_OF = DEFAULT_AS_OF.isoformat()
BANDS = ("at_risk", "watch", "healthy")
SCORES = "select customer_id, as_of_on, health_score, health_floor, health_coverage, health_band"


def scores(data_dir: Path) -> list[Row]:
    return query(data_dir, f"{SCORES} from intermediate.int_health_as_of order by customer_id, as_of_on")


def assert_nobody_looks_better(before: list[Row], after: list[Row]) -> None:
    assert [(row["customer_id"], row["as_of_on"]) for row in after] == [
        (row["customer_id"], row["as_of_on"]) for row in before
    ]
    pairs = list(zip(before, after, strict=True))
    assert [new for old, new in pairs if new["health_coverage"] >= old["health_coverage"]] == []
    assert [new for old, new in pairs if new["health_floor"] > old["health_floor"]] == []
    better = [
        new
        for old, new in pairs
        if old["health_band"] in BANDS
        and new["health_band"] in BANDS
        and BANDS.index(new["health_band"]) > BANDS.index(old["health_band"])
    ]
    assert better == []


@pytest.fixture(scope="module")
def known(demo: DemoRun) -> list[Row]:
    """Scores with every system there and fresh."""
    found = scores(demo.data_dir)
    assert len({row["customer_id"] for row in found}) > 200
    return found


# Without the CRM nobody is a customer, and there is nobody to look at.
@pytest.mark.parametrize("system", ["zendesk", "bamboohr"])
def test_a_system_taken_away_lowers_coverage_and_makes_nobody_greener(
    demo: DemoRun, known: list[Row], tmp_path: Path, system: str
) -> None:
    data_dir = demo.copy(tmp_path / "data")
    for marker in (data_dir / "landing" / "_dlt_loads").glob(f"{system}__*"):
        marker.unlink()
    build(data_dir, select="+int_health_as_of", as_of=AS_OF)
    assert_nobody_looks_better(known, scores(data_dir))
    # Nor does any driver that still counts as known look better for want of the system.
    with duckdb.connect(str(data_dir / "warehouse" / "retention.duckdb"), read_only=True) as warehouse:
        warehouse.execute(f"attach '{demo.data_dir / 'warehouse' / 'retention.duckdb'}' as whole (read_only)")
        better = warehouse.execute(
            """
            select distinct driver
            from whole.intermediate.int_health_points_scored as before
            inner join intermediate.int_health_points_scored as after using (customer_id, as_of_on, driver)
            where before.state = 'known' and after.state <> 'unknown'
                and coalesce(after.penalty, 0) < before.penalty - 1e-9
            """
        ).fetchall()
    assert better == []


@pytest.mark.parametrize("system", ["hubspot", "zendesk", "bamboohr"])
def test_a_system_gone_stale_lowers_coverage_and_makes_nobody_greener(
    demo: DemoRun, known: list[Row], tmp_path: Path, system: str
) -> None:
    data_dir = demo.copy(tmp_path / "data")
    with duckdb.connect(str(data_dir / "warehouse" / "retention.duckdb")) as warehouse:
        warehouse.execute(
            "update raw.raw_kept__loads set landed_at = landed_at - interval 37 hour where source_system = ?", [system]
        )
    models = "int_systems_known_as_of int_health_points_scored int_health_as_of"
    invoke_dbt(data_dir, ["run", "--select", *models.split()], as_of=AS_OF)
    # It was loaded on the as-of day alone, so that only the running month can be stale.
    today = [row for row in known if row["as_of_on"] == DEFAULT_AS_OF]
    assert_nobody_looks_better(today, [row for row in scores(data_dir) if row["as_of_on"] == DEFAULT_AS_OF])


def test_a_weight_that_a_person_changes_changes_the_score_by_rebuilding_what_hangs_on_it_alone(
    demo: DemoRun, known: list[Row], tmp_path: Path
) -> None:
    data_dir = demo.copy(tmp_path / "data")
    project = copied_project(tmp_path)
    path = tmp_path / "seeds" / "health" / "health_drivers.csv"
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    # Of all drivers one alone shall weigh: who has it has nothing left, who has not has all.
    for row in rows:
        row["weight"] = "1" if row["driver"] == "single_thread" else "0"
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    invoke_dbt(data_dir, ["seed", "--select", "health_drivers"], as_of=AS_OF, project=project)
    models = "int_health_drivers int_health_points_scored int_health_as_of"
    invoke_dbt(data_dir, ["run", "--select", *models.split()], as_of=AS_OF, project=project)
    found = query(
        data_dir,
        "select is_single_threaded, health_score, health_floor, count(*) as months"
        " from intermediate.int_health_as_of"
        " inner join intermediate.int_customer_months_measured using (customer_id, as_of_on)"
        " group by all order by all",
    )
    assert [(row["is_single_threaded"], row["health_score"], row["health_floor"]) for row in found] == [
        (False, 100.0, 100.0),
        (True, 0.0, 0.0),
    ]
    assert sum(row["months"] for row in found) == len(known)
