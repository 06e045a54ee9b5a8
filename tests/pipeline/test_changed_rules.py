"""Rules and settings that change: what was published by the old ones is restated, and told month by month."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb
import pytest

from tests.dbt.landing_writer import Row, invoke_dbt, query
from tests.pipeline.life import LAST_DAY, LivedCompany


def restated(data_dir: Path, changed: str, **variables: int) -> list[Row]:
    """What `restatements` lists once that which hangs on a changed model is built again."""
    invoke_dbt(
        data_dir,
        ["run", "--select", f"{changed}+,+restatements"],
        as_of=LAST_DAY.isoformat(),
        variables=dict(variables),
    )
    return query(data_dir, 'select month, "column", before, after from mart.restatements')


@pytest.fixture
def data_dir(lived: LivedCompany, tmp_path: Path) -> Path:
    return lived.copy(tmp_path / "data")


def test_another_setting_restates_the_months_it_touches_and_only_its_columns(data_dir: Path) -> None:
    rows = restated(data_dir, "int_health_as_of", health_healthy_from=101)
    assert {row["column"] for row in rows} == {"health_band"}
    assert all(row["before"] == "healthy" != row["after"] and row["month"] < LAST_DAY.replace(day=1) for row in rows)
    assert len({row["month"] for row in rows}) > 6


def test_another_touch_rule_restates_the_months_of_the_touches_that_it_judges(data_dir: Path) -> None:
    """The table that dbt loads from the edited file at the next build; texts already read are read anew."""
    with duckdb.connect(str(data_dir / "warehouse" / "retention.duckdb")) as warehouse:
        warehouse.execute("update seeds.touch_rules set substance = 'courtesy' where substance = 'substantive'")
    rows = restated(data_dir, "int_touch_rule_sets")
    columns = {row["column"] for row in rows}
    assert "substantive_touches_90d" in columns
    assert not columns & {"arr", "segment", "touches_90d"}
    assert len({row["month"] for row in rows}) > 6
    assert all(row["month"] < date(2027, 1, 1) for row in rows)
