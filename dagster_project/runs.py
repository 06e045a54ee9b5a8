"""Runs a job of the graph in this process and tells a person how it went; Dagster records the run all the same."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from dagster_project.progress import Narrator, counted
from dagster_project.settings import Settings

if TYPE_CHECKING:
    from dagster import DagsterInstance, JobDefinition

# The libraries' own words, for a developer; a person at the terminal gets the narrator's.
LOG_FILE = "last_run.log"
# Who types a command to see a report does not mean to send it to everybody: that is `make deliver`, or the schedule.
RENDERED = ("reports/portfolio",)


class Run(Protocol):
    """Runs a job by name, or of its assets only these; true if all went well."""

    def __call__(self, job: str, only: Sequence[str] = ()) -> bool: ...


def refresh_and_report(settings: Settings, tell: Narrator) -> bool:
    """Landing to published, then the reports; true if nothing was refused and nothing failed."""
    tell.line(f"Refreshing {', '.join(settings.systems)} into {settings.data_dir}, as of {_as_of(settings)}.")
    with _graph(settings, tell) as run:
        refreshed = run("refresh_warehouse")
        if not (settings.published_dir / "kept.duckdb").exists():
            tell.problem("nothing has been published yet, so there is nothing to report from")
            return False
        # Also after a refusal: the report then tells what stands published, and how old it is.
        return run("publish_reports", RENDERED) and refreshed


def refresh(settings: Settings, tell: Narrator) -> bool:
    """Landing to published alone; true if nothing was refused and nothing failed."""
    with _graph(settings, tell) as run:
        return run("refresh_warehouse")


def rebuild(settings: Settings, tell: Narrator) -> bool:
    """From what has landed to published, without asking any system; true if nothing was refused and nothing failed."""
    tell.line(f"Rebuilding the warehouse from {settings.landing_dir}, as of {_as_of(settings)}; no system is asked.")
    with _graph(settings, tell) as run:
        return run("rebuild_warehouse")


def report(settings: Settings, tell: Narrator) -> bool:
    """The reports from what stands published; true if they were rendered."""
    with _graph(settings, tell) as run:
        return run("publish_reports", RENDERED)


def summarize(settings: Settings, tell: Narrator, started: float) -> None:
    """What a person should know at the end: what was refused or failed, and the page to open."""
    from dagster_project.assets.reports import report_day

    seconds = time.monotonic() - started
    tell.line()
    if tell.problems:
        tell.line(f"Done in {seconds:.0f} s, with {counted(len(tell.problems), 'problem')}:")
        for problem in tell.problems:
            tell.line(f"  ! {problem}")
        tell.line(f"What the tools said in full: {settings.data_dir / LOG_FILE}")
    else:
        tell.line(f"Done in {seconds:.0f} s, nothing refused, nothing failed.")
    index = settings.reports_dir / report_day(settings).isoformat() / "index.html"
    if index.exists():
        tell.line(f"Open the report: {index}")


@contextmanager
def _graph(settings: Settings, tell: Narrator) -> Iterator[Run]:
    """Build the graph once; yields what runs a job of it by name, or some assets of it, and says if all went well."""
    with _libraries_to_log(settings):
        tell.line("Starting Dagster; dbt reads its project where that has changed.")
        # Imported here, so that the terminal is told something before seconds of imports begin.
        from dagster import DagsterInstance
        from dagster._core.instance.ref import InstanceRef

        from dagster_project.alerts import tell_failure
        from dagster_project.definitions import build_defs

        try:
            graph = build_defs(settings, tell)
        except Exception as error:
            # No run begins, so that nothing of Dagster's could tell of it.
            tell_failure(settings, f"the run could not begin: {type(error).__name__}", tell.problem)
            raise
        event_log = {"module": "dagster_project.event_log", "class": "OneConnectionEventLog"}
        ours = {"event_log_storage": {**event_log, "config": {"base_dir": str(settings.dagster_home)}}}
        reference = InstanceRef.from_dir(str(settings.dagster_home), overrides=ours)
        with DagsterInstance.from_ref(reference) as instance:

            def run(job: str, only: Sequence[str] = ()) -> bool:
                return _execute(graph.resolve_job_def(job), only, instance, settings, tell)

            yield run


def _execute(
    job: JobDefinition, only: Sequence[str], instance: DagsterInstance, settings: Settings, tell: Narrator
) -> bool:
    from dagster import AssetKey

    told = len(tell.problems)
    result = job.execute_in_process(
        instance=instance,
        raise_on_error=False,
        asset_selection=[AssetKey.from_user_string(key) for key in only] or None,
        run_config={"loggers": {"console": {"config": {"log_level": "WARNING"}}}},
    )
    if not result.success and len(tell.problems) == told:
        for event in result.filter_events(lambda event: event.is_step_failure):
            tell.problem(f"{job.name}: the step {event.step_key} failed, see {settings.data_dir / LOG_FILE}")
    return result.success and len(tell.problems) == told


@contextmanager
def _libraries_to_log(settings: Settings) -> Iterator[None]:
    """Send what libraries print and log to a file of the data folder."""
    settings.prepare()
    path: Path = settings.data_dir / LOG_FILE
    with path.open("a", encoding="utf-8") as log, redirect_stdout(log), redirect_stderr(log):
        handler = logging.StreamHandler(log)
        root = logging.getLogger()
        root.addHandler(handler)
        try:
            yield
        finally:
            root.removeHandler(handler)


def _as_of(settings: Settings) -> str:
    return settings.as_of.isoformat() if settings.as_of else "today"
