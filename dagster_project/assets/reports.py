"""The reports asset: pages for retention leads, made from the publication and what the checks said last."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

from dagster import (
    AssetCheckSpec,
    AssetExecutionContext,
    AssetKey,
    AssetsDefinition,
    MaterializeResult,
    MetadataValue,
    asset,
)

from dagster_project.assets import published
from dagster_project.check_results import write_check_results
from dagster_project.progress import Narrator
from dagster_project.settings import Settings

KEY = AssetKey(["reports", "portfolio"])


def reports_asset(
    settings: Settings, tell: Narrator, judges: Mapping[str, Sequence[AssetCheckSpec]]
) -> AssetsDefinition:
    @asset(
        key=KEY,
        deps=[published.KEY],
        group_name="reports",
        description="The portfolio, a page per customer and the trust page: HTML that needs nothing else to be read.",
        kinds={"html"},
        required_resource_keys={"alerts"},
    )
    def portfolio(context: AssetExecutionContext) -> MaterializeResult:
        write_check_results(context.instance, judges, settings)
        with tell.step("Reports: the portfolio, a page per customer and the trust page") as step:
            index = render(settings, tell)
            pages = sum(1 for _ in index.parent.rglob("*.html"))
            step.outcome = f"{pages:,} pages in {index.parent}"
        return MaterializeResult(metadata={"path": MetadataValue.path(str(index)), "pages": pages})

    return portfolio


def render(settings: Settings, tell: Narrator) -> Path:
    """Render the reports as of the configured day; the path of the page to open first."""
    # The charts' library takes a second to import, which only a run that renders should pay.
    from reports.render import render_reports
    from reports.since import snapshot_before

    as_of = report_day(settings)
    return render_reports(
        settings.published_dir / "kept.duckdb",
        settings.reports_dir,
        as_of,
        tell.live,
        check_results=settings.check_results_path,
        before=snapshot_before(settings.reports_dir, as_of),
    )


def report_day(settings: Settings) -> date:
    return settings.as_of or datetime.now(UTC).date()
