"""What recommended actions rest on beside their rules: each measure has evidence, and whom nobody acts upon is said."""

from __future__ import annotations

import csv
from typing import Any

import pytest

from tests.dbt.landing_writer import REPOSITORY, invoke_dbt, parsed_project

NUMBERS = ("boolean", "integer", "bigint", "double")


def test_every_measure_that_a_driver_can_stand_on_has_evidence() -> None:
    nodes = parsed_project().nodes
    measured = nodes["model.kept.int_customer_months_measured"].columns
    columns = nodes["model.kept.customer_months"].columns.values()
    measures = {column.name for column in columns if column.name in measured and column.data_type in NUMBERS}
    with (REPOSITORY / "seeds" / "health" / "measure_evidence.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    # Neither the row's own kind nor what is at stake is a reason to act.
    assert measures - {row["measured_column"] for row in rows} == {"arr", "is_current"}


@pytest.mark.parametrize(
    ("variables", "told"),
    [
        ({"holdout_share": 20, "holdout_since_on": "2026-01-01"}, "dbt var holdout_share is 20: give a share"),
        ({"holdout_share": "a fifth", "holdout_since_on": "2026-01-01"}, "dbt var holdout_share is a fifth"),
        ({"holdout_share": 0.2}, "dbt var holdout_since_on is '': give the day, YYYY-MM-DD"),
        ({"holdout_share": 0.2, "holdout_since_on": "1.2.2026"}, "dbt var holdout_since_on is '1.2.2026'"),
    ],
)
def test_who_is_held_out_is_never_guessed(tmp_path: Any, variables: dict[str, Any], told: str) -> None:
    with pytest.raises(AssertionError, match=told.replace("(", r"\(")):
        invoke_dbt(tmp_path, ["compile", "--select", "int_holdout_compared"], variables=variables)
