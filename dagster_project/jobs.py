"""What runs together and when: the refresh from landing to published, the reports, and their schedules."""

from __future__ import annotations

from dagster import (
    AssetSelection,
    DefaultScheduleStatus,
    ScheduleDefinition,
    define_asset_job,
    in_process_executor,
)

from dagster_project.assets import deliveries, months, reports

# Not what the publication stands on alone: what lands and is read by nobody yet is kept all the same.
up_to_publication = AssetSelection.all() - AssetSelection.assets(months.KEY, reports.KEY, deliveries.KEY)

# One process per run: it holds the refresh lock from first to last, and pays the imports once.
refresh_warehouse = define_asset_job(
    "refresh_warehouse",
    selection=up_to_publication,
    description="Ask every system for what is new, admit it, build the models, judge the marts, publish.",
    executor_def=in_process_executor,
)

rebuild_warehouse = define_asset_job(
    "rebuild_warehouse",
    selection=up_to_publication - AssetSelection.groups("landing"),
    description="Build the models from what has landed, judge the marts, publish; no system is asked for anything.",
    executor_def=in_process_executor,
)

publish_reports = define_asset_job(
    "publish_reports",
    selection=AssetSelection.assets(reports.KEY, deliveries.KEY),
    description="Render the reports from what stands published, and deliver them to their recipients.",
    executor_def=in_process_executor,
)

# Before the working day; stopped until a person turns it on, so that a look at the graph asks no vendor for anything.
daily_refresh = ScheduleDefinition(
    name="daily_refresh", job=refresh_warehouse, cron_schedule="0 4 * * *", default_status=DefaultScheduleStatus.STOPPED
)
# Retention leads plan their week on Monday morning.
weekly_reports = ScheduleDefinition(
    name="weekly_reports", job=publish_reports, cron_schedule="0 6 * * 1", default_status=DefaultScheduleStatus.STOPPED
)
