"""What every check last said, as a plain file: the trust page is made from it, also after a refused refresh."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from dagster import AssetCheckEvaluation, AssetCheckSeverity, AssetCheckSpec, DagsterInstance
from dagster._core.storage.asset_check_execution_record import AssetCheckExecutionRecord

from dagster_project.settings import Settings

# Why dbt's generic tests are asked: their names say of what.
WHY_DBT = {
    "unique": "A key names one row; twice, it would count twice.",
    "not_null": "Without it the row cannot be used.",
    "relationships": "What it refers to has a row, or a join would lose it.",
    "accepted_values": "A word that nobody expects counts nowhere.",
}


@dataclass(frozen=True)
class CheckResult:
    """The latest outcome of one rule on one table: counts, never keys or values.

    `verdict` is passed, warned, failed or not_judged (the last refresh did not come to it); `blocks` says whether a
    failure keeps the marts from being published.
    """

    judge: str
    table: str
    rule: str
    why: str
    blocks: bool
    verdict: str
    judged_at: str | None
    rows_judged: int | None
    rows_failing: int | None


def write_check_results(
    instance: DagsterInstance, judges: Mapping[str, Sequence[AssetCheckSpec]], settings: Settings
) -> None:
    """Put what Dagster remembers of every check into the data folder's `check_results.json`, whole or not at all."""
    keys = [spec.key for specs in judges.values() for spec in specs]
    records = instance.event_log_storage.get_latest_asset_check_execution_by_key(keys)
    found = [result(judge, spec, records.get(spec.key)) for judge, specs in judges.items() for spec in specs]
    beside = settings.check_results_path.with_suffix(".part")
    beside.write_text(json.dumps([asdict(one) for one in found], indent=0), encoding="utf-8")
    beside.replace(settings.check_results_path)


def result(judge: str, spec: AssetCheckSpec, record: AssetCheckExecutionRecord | None) -> CheckResult:
    """The row of one check; a run that was planned and did not come to it leaves a record without evaluation."""
    event = record.event.dagster_event if record and record.event else None
    said = event.event_specific_data if event else None
    evaluation = said if isinstance(said, AssetCheckEvaluation) else None
    verdict = "not_judged"
    if evaluation:
        is_warning = evaluation.severity == AssetCheckSeverity.WARN
        verdict = "passed" if evaluation.passed else "warned" if is_warning else "failed"
    return CheckResult(
        judge=judge,
        table=".".join(spec.asset_key.path),
        rule=spec.name,
        why=_why(spec),
        blocks=spec.blocking,
        verdict=verdict,
        judged_at=_instant(record) if evaluation else None,
        rows_judged=_count(evaluation, "rows_judged"),
        rows_failing=_count(evaluation, "rows_failing", "dagster_dbt/failed_row_count"),
    )


def _why(spec: AssetCheckSpec) -> str:
    if spec.description:
        return spec.description
    if spec.name.startswith("assert_"):
        return f"{spec.name.removeprefix('assert_').replace('_', ' ').capitalize()}."
    return next((why for kind, why in WHY_DBT.items() if spec.name.startswith(kind)), "")


def _instant(record: AssetCheckExecutionRecord | None) -> str | None:
    event = record.event if record else None
    return datetime.fromtimestamp(event.timestamp, UTC).isoformat(timespec="seconds") if event else None


def _count(evaluation: AssetCheckEvaluation | None, *names: str) -> int | None:
    found = [evaluation.metadata[name].value for name in names if evaluation and name in evaluation.metadata]
    return int(str(found[0])) if found else None
