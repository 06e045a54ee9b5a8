"""The whole graph in pipeline order: sources → landing → models → gate → published → reports."""

from __future__ import annotations

from dagster import Definitions, definitions, in_process_executor

from dagster_project.assets.deliveries import deliveries_asset
from dagster_project.assets.landing import landing_assets, records_of_loads
from dagster_project.assets.models import dbt_resource, mart_gate, model_assets, prepare_manifest
from dagster_project.assets.months import months_asset
from dagster_project.assets.published import published_asset
from dagster_project.assets.reports import reports_asset
from dagster_project.jobs import daily_refresh, publish_reports, rebuild_warehouse, refresh_warehouse, weekly_reports
from dagster_project.progress import Narrator
from dagster_project.resources import alerts_of_run, refresh_lock
from dagster_project.settings import Settings


def build_defs(settings: Settings, tell: Narrator | None = None) -> Definitions:
    """The graph for one configuration; a narrator tells the person at a terminal what its steps do."""
    tell = tell or Narrator()
    settings.prepare()
    prepare_manifest(settings)
    landing = landing_assets(settings, tell)
    models = model_assets(settings, tell)
    gate = mart_gate(settings, tell)
    judges = {
        "gate 1": [spec for asset in landing for spec in asset.check_specs],
        "dbt": [*models.check_specs],
        "gate 2": [*gate.check_specs],
    }
    return Definitions(
        assets=[
            *landing,
            *records_of_loads(),
            models,
            published_asset(settings, tell),
            months_asset(settings),
            reports_asset(settings, tell, judges),
            deliveries_asset(settings, tell),
        ],
        asset_checks=[gate],
        jobs=[refresh_warehouse, rebuild_warehouse, publish_reports],
        schedules=[daily_refresh, weekly_reports],
        resources={
            "dbt": dbt_resource(settings),
            "refresh_lock": refresh_lock(settings, tell),
            "alerts": alerts_of_run(settings, tell),
        },
        executor=in_process_executor,
    )


@definitions
def defs() -> Definitions:
    """What Dagster's UI and daemon load, configured by the environment."""
    return build_defs(Settings.from_env())
