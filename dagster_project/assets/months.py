"""Months as they could have been published at their end: rebuilt from landing, each in a folder of its own.

A month is a partition, so that Dagster's UI backfills any range of them. Nothing that stands published is touched.
"""

import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

from dagster import AssetExecutionContext, AssetKey, AssetsDefinition, Failure, MaterializeResult, asset
from dagster import MonthlyPartitionsDefinition as Monthly

from dagster_project.assets.landing import records_of_loads
from dagster_project.assets.models import INNER_TESTS, judge_all_marts
from dagster_project.assets.published import publish
from dagster_project.progress import counted
from dagster_project.settings import Settings
from expectations import describe

KEY = AssetKey(["published", "months"])
# dbt's own memory of the project, in its target folder.
PARSED = "partial_parse.msgpack"
# No CRM in use today holds deals that matter from before.
MONTHS = Monthly(start_date="2015-01", fmt="%Y-%m")


def months_asset(settings: Settings) -> AssetsDefinition:
    @asset(
        key=KEY,
        partitions_def=MONTHS,
        deps=[spec.key for spec in records_of_loads()],
        group_name="published",
        description=(
            "The marts as of a month's last day, from what has landed: `months/<month>/published` of the data folder. "
            "What stands published stays; no system is asked for anything."
        ),
        kinds={"duckdb", "parquet"},
        required_resource_keys={"refresh_lock"},
    )
    def months(context: AssetExecutionContext) -> MaterializeResult:
        of_month = settings_of_month(settings, context.partition_key)
        rows = rebuild(of_month, settings.dbt_target_dir / PARSED)
        return MaterializeResult(
            metadata={
                "dagster/row_count": sum(rows.values()),
                "marts": len(rows),
                "publication": str(of_month.published_dir / "kept.duckdb"),
            }
        )

    return months


def settings_of_month(settings: Settings, month: str) -> Settings:
    """A data folder below the company's own, which shares its landing, as of the last day of `2026-03`."""
    first = date.fromisoformat(f"{month}-01")
    last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    return replace(settings, data_dir=settings.data_dir / "months" / month, as_of=last)


def rebuild(settings: Settings, parsed: Path) -> dict[str, int]:
    """Build, judge and publish in a month's folder; rows by mart. Raises Failure, and leaves an earlier publication.

    `parsed` is the dbt project as the company's own builds have read it, which takes dbt longer than a month's build.
    """
    folder = settings.data_dir
    settings.dbt_target_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    if parsed.exists():
        shutil.copy(parsed, settings.dbt_target_dir)
    for path in (settings.warehouse_path.parent, settings.published_dir):
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not settings.landing_dir.is_symlink():
        settings.landing_dir.symlink_to(Path("..", "..", "landing"), target_is_directory=True)
    try:
        _build(settings)
        outcomes = judge_all_marts(settings)
        broken = [
            f"mart.{table} breaks {describe(one)}" for table in outcomes for one in outcomes[table] if one.refuses
        ]
        if broken:
            raise Failure(f"as of {settings.as_of}: {'; '.join(broken)}", allow_retries=False)
        return publish(settings)
    finally:
        # What is published is what the month is kept for; a warehouse is three times its size.
        for path in (settings.warehouse_path.parent, settings.dbt_target_dir, folder / "logs"):
            shutil.rmtree(path, ignore_errors=True)


def _build(settings: Settings) -> None:
    """In a process of its own, since dbt reads the data folder and the day from the environment."""
    dbt = [str(Path(sys.executable).with_name("dbt")), "--quiet", "--no-use-colors", "--log-level-file", "none"]
    # Inner tests are about keys, whatever the day: see models.py.
    build = ["build", "--target", settings.target, "--exclude", "resource_type:unit_test", *INNER_TESTS.split()]
    ended = subprocess.run(
        [*dbt, *build, "--project-dir", str(settings.dbt_dir), "--target-path", str(settings.dbt_target_dir)],
        env=settings.process_environment(),
        cwd=settings.dbt_dir,
        capture_output=True,
        text=True,
        check=False,
    )
    if ended.returncode:
        names = [line for line in ended.stdout.splitlines() if "Failure in" in line or "Error in" in line]
        raise Failure(
            f"as of {settings.as_of}: {counted(len(names), 'model or test', 'models or tests')} failed: "
            + "; ".join(name.strip() for name in names[:10]),
            allow_retries=False,
        )
