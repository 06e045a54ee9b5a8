"""Landing assets: one step per system asks it for what is new and lets gate 1 admit or refuse the load."""

from collections.abc import Iterator
from datetime import timedelta
from importlib import import_module

from dagster import (
    AssetCheckResult,
    AssetCheckSeverity,
    AssetCheckSpec,
    AssetExecutionContext,
    AssetKey,
    AssetsDefinition,
    AssetSpec,
    FreshnessPolicy,
    MaterializeResult,
    multi_asset,
)

from dagster_project.checks import check_results, check_specs, judge_batch, rules_of_landing
from dagster_project.loads import SystemLoad, entity, land
from dagster_project.progress import Narrator, counted
from dagster_project.quarantine import standing
from dagster_project.resources import connect
from dagster_project.settings import DROP_FOLDER, Settings
from dagster_project.sources import SourceFailed, Table
from expectations import describe

# A daily refresh that failed once is late, not stale.
STALE_AFTER = timedelta(hours=36)
ADMITTED = "load__admitted"


def landing_assets(settings: Settings, tell: Narrator) -> list[AssetsDefinition]:
    """One definition per system that is read, with an asset per landed table."""
    return [_system_assets(system, settings, tell) for system in settings.systems]


def records_of_loads() -> list[AssetSpec]:
    """What is written beside the tables of the systems, for the graph to show where the models have it from."""
    return [
        AssetSpec(asset_key("kept__loads"), group_name="landing", description="One row per load and landed table."),
        AssetSpec(asset_key("_dlt_loads"), group_name="landing", description="One mark per admitted load."),
        AssetSpec(
            asset_key("kept__quarantine"),
            group_name="landing",
            description="One row per landed row that gate 1 holds back and rule that it breaks.",
        ),
        AssetSpec(
            asset_key("kept__releases"),
            group_name="landing",
            description="One row per row held back that was released.",
        ),
    ]


def asset_key(table: str) -> AssetKey:
    """`landing/zendesk__tickets`."""
    return AssetKey(["landing", table])


def _system_assets(system: str, settings: Settings, tell: Narrator) -> AssetsDefinition:
    tables: tuple[Table, ...] = import_module(f"dagster_project.sources.{system}").TABLES

    @multi_asset(
        name=f"land_{system}",
        description=f"Asks {system} for what changed since its last admitted load and lets gate 1 judge it.",
        specs=[
            AssetSpec(
                asset_key(table.name),
                group_name="landing",
                description=f"One row per record of {table.name} and load that brought it, as received.",
                kinds={"parquet"},
                freshness_policy=FreshnessPolicy.time_window(fail_window=STALE_AFTER),
            )
            for table in tables
        ],
        check_specs=[spec for table in tables for spec in _checks(table.name)],
        required_resource_keys={"refresh_lock"},
    )
    def land_system(_: AssetExecutionContext) -> Iterator[MaterializeResult]:
        with tell.step(f"  {system}: what is new since the last admitted load?") as step:
            if system == DROP_FOLDER and not settings.drop_dir.is_dir():
                tell.line(f"    nothing to look at: files would lie in {settings.drop_dir}, in a folder per table")
            load = _load(system, settings, tell)
            step.outcome = _told(load)
        _tell_problems(load, tell)
        waiting = sum(rules[0].source_system == system for rules in standing(settings).values())
        if waiting:
            tell.line(
                f"    {counted(waiting, 'row')} of {system} held back in quarantine; `make quarantine` lists them"
            )
        for table in tables:
            yield _result(table.name, load)

    return land_system


def _checks(table: str) -> list[AssetCheckSpec]:
    # Nothing here blocks: after a refused load the models build from what was admitted before.
    rules = check_specs(rules_of_landing(table), asset_key(table), blocking=False)
    admitted = AssetCheckSpec(ADMITTED, asset=asset_key(table), description="The system was read and gate 1 let it in.")
    return [*rules, admitted]


def _load(system: str, settings: Settings, tell: Narrator) -> SystemLoad:
    try:
        source = connect(system, settings)
    except SourceFailed as error:
        return SystemLoad(system, "failed", str(error))
    return land(source, settings, judge_batch, tell)


def _result(table: str, load: SystemLoad) -> MaterializeResult:
    """An output even where nothing was admitted, since a skipped one would hold back every model downstream."""
    entry = load.tables.get(table)
    rows = entry.row_count if entry and load.verdict == "admitted" else 0
    return MaterializeResult(
        asset_key=asset_key(table),
        metadata={
            "dagster/row_count": rows,
            "rows_held_back": len({row.quarantine_id for row in entry.held}) if entry and rows else 0,
            "verdict": load.verdict,
            "load_id": load.load_id or "none",
            "newest_record_at": (entry.newest_record_at if entry else None) or "none",
        },
        check_results=[
            *(check_results(asset_key(table), entry.outcomes) if entry else _unjudged(table)),
            AssetCheckResult(
                asset_key=asset_key(table),
                check_name=ADMITTED,
                passed=load.verdict == "admitted" and not (entry and entry.refused),
                severity=AssetCheckSeverity.ERROR,
                metadata={"reason": load.reason or "; ".join(entry.refused if entry else ()) or "admitted"},
            ),
        ],
    )


def _unjudged(table: str) -> Iterator[AssetCheckResult]:
    """A rule about nothing is not kept; Dagster fails the step, and skips every model, if one has no result at all."""
    for rule in rules_of_landing(table):
        yield AssetCheckResult(
            asset_key=asset_key(table),
            check_name=rule.name,
            passed=False,
            severity=AssetCheckSeverity.WARN,
            metadata={"detail": "not judged, since nothing could be read"},
        )


def _told(load: SystemLoad) -> str:
    if load.verdict == "failed":
        return "nothing landed"
    rules = [outcome for table in load.tables.values() for outcome in table.outcomes]
    by_table = ", ".join(f"{entry.row_count:,} {entity(name)}" for name, entry in load.tables.items())
    passed = sum(outcome.passed for outcome in rules)
    checks = f"{passed} of {counted(len(rules), 'rule')} passed"
    return f"{counted(load.row_count, 'row')} ({by_table}), {checks}, {load.verdict}"


def _tell_problems(load: SystemLoad, tell: Narrator) -> None:
    if load.verdict == "failed":
        tell.problem(load.reason or f"{load.system}: failed")
    elif load.verdict == "refused":
        tell.problem(f"{load.system}: the load is refused, its cursor stays where it was: {load.reason}")
    for line in load.refused:
        tell.problem(f"{load.system}: {line}")
    for name, entry in load.tables.items():
        if entry.left_out:
            tell.line(f"    {name} is {entry.left_out}")
        for outcome in entry.outcomes:
            if not outcome.passed and not outcome.refuses:
                tell.line(f"    warning on {name}: {describe(outcome)}")
