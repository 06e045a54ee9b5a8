"""What every check said last is kept as a plain file, whatever became of the refresh."""

from __future__ import annotations

import json
from pathlib import Path

from dagster import (
    AssetCheckResult,
    AssetCheckSeverity,
    AssetCheckSpec,
    AssetKey,
    DagsterInstance,
    MaterializeResult,
    asset,
    materialize,
)

from dagster_project.check_results import write_check_results
from dagster_project.settings import Settings

TOUCHES, RENEWALS = AssetKey(["mart", "touches"]), AssetKey(["mart", "renewals"])
RULES = {
    rule: AssetCheckSpec(rule, asset=TOUCHES, description=f"Why {rule}", blocking=rule == "fails")
    for rule in ("holds", "warns", "fails")
}
NEVER = AssetCheckSpec("unique_renewals_renewal_id", asset=RENEWALS, blocking=True)
SINGULAR = AssetCheckSpec("assert_nobody_pays_twice", asset=RENEWALS)


@asset(key=TOUCHES, check_specs=[*RULES.values()])
def touches() -> MaterializeResult:
    counts = {"rows_judged": 12, "rows_failing": 3, "failing_keys": "hubspot:call:1"}
    warn, error = AssetCheckSeverity.WARN, AssetCheckSeverity.ERROR
    return MaterializeResult(
        check_results=[
            AssetCheckResult(check_name="holds", passed=True, metadata={"rows_judged": 12}),
            AssetCheckResult(check_name="warns", passed=False, severity=warn, metadata=counts),
            AssetCheckResult(check_name="fails", passed=False, severity=error, metadata=counts),
        ]
    )


@asset(key=RENEWALS, deps=[TOUCHES], check_specs=[NEVER])
def renewals() -> MaterializeResult:
    raise AssertionError("a blocking check stands before it")


def test_checks_are_kept_as_they_came_out_and_as_not_judged_where_the_refresh_ended_before(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    with DagsterInstance.ephemeral() as instance:
        assert not materialize([touches, renewals], instance=instance, raise_on_error=False).success
        write_check_results(instance, {"gate 2": [*RULES.values()], "dbt": [NEVER, SINGULAR]}, settings)
    found = json.loads(settings.check_results_path.read_text())
    assert [(one["judge"], one["rule"], one["verdict"], one["rows_judged"], one["rows_failing"]) for one in found] == [
        ("gate 2", "holds", "passed", 12, None),
        ("gate 2", "warns", "warned", 12, 3),
        ("gate 2", "fails", "failed", 12, 3),
        ("dbt", "unique_renewals_renewal_id", "not_judged", None, None),
        ("dbt", "assert_nobody_pays_twice", "not_judged", None, None),
    ]
    assert [one["blocks"] for one in found] == [False, False, True, True, False]
    assert [one["why"] for one in found][2:] == [
        "Why fails",
        "A key names one row; twice, it would count twice.",
        "Nobody pays twice.",
    ]
    assert all((one["judged_at"] is None) == (one["verdict"] == "not_judged") for one in found)
    assert "hubspot:call:1" not in settings.check_results_path.read_text(), "keys may be personal data"
