"""Model assets: dbt builds and tests everything from raw to marts in one call; then gate 2 judges the marts."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from importlib.metadata import version
from itertools import takewhile
from pathlib import Path
from typing import Any

import duckdb
from dagster import (
    AssetCheckEvaluation,
    AssetCheckResult,
    AssetChecksDefinition,
    AssetCheckSpec,
    AssetExecutionContext,
    AssetKey,
    AssetMaterialization,
    AssetObservation,
    AssetsDefinition,
    AssetSpec,
    Failure,
    MetadataValue,
    Output,
    multi_asset_check,
)
from dagster_dbt import (
    DagsterDbtTranslator,
    DagsterDbtTranslatorSettings,
    DbtCliInvocation,
    DbtCliResource,
    DbtProject,
    dbt_assets,
)
from dagster_dbt.errors import DagsterDbtCliRuntimeError
from packaging.version import Version

from dagster_project.checks import Suite, check_results, check_specs, judge, rules_with_a_past, suites
from dagster_project.progress import Narrator, counted
from dagster_project.settings import Settings
from expectations import Outcome, describe

DbtEvent = Output | AssetMaterialization | AssetObservation | AssetCheckResult | AssetCheckEvaluation
# A refresh asks what people will read: the tests of marts and seeds, and those that reconcile. Tests of the inner
# layers hold the code to its keys on every kind of data, which `make test` does; here they cost a third of the time.
INNER_LAYERS = ("raw", "staging", "intermediate")
INNER_TESTS = " ".join(f"test_type:generic,path:models/{layer}" for layer in INNER_LAYERS)
# Folder of a model, schema of its relation and Dagster group are one word, but for the plural of marts.
GROUPS = {"mart": "marts"}


class Translator(DagsterDbtTranslator):
    """Asset key = schema.table = file stem, group = layer; a source table is the landing asset of its name."""

    def __init__(self) -> None:
        super().__init__(DagsterDbtTranslatorSettings(enable_source_tests_as_checks=False))

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> AssetKey:
        if dbt_resource_props["resource_type"] == "source":
            return AssetKey(["landing", dbt_resource_props["name"]])
        return AssetKey([dbt_resource_props["schema"], dbt_resource_props["name"]])

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str:
        if dbt_resource_props["resource_type"] == "source":
            return "landing"
        schema: str = dbt_resource_props["schema"]
        return GROUPS.get(schema, schema)

    def get_asset_check_spec(
        self, asset_spec: AssetSpec, manifest: Mapping[str, Any], unique_id: str, project: DbtProject | None
    ) -> AssetCheckSpec | None:
        """None for a test that no refresh runs: dagster-dbt cannot tell a generic test, and lists them all."""
        test = manifest["nodes"][unique_id]
        if "test_metadata" in test and test["fqn"][1] in INNER_LAYERS:
            return None
        return super().get_asset_check_spec(asset_spec, manifest, unique_id, project)

    def get_description(self, dbt_resource_props: Mapping[str, Any]) -> str:
        return str(dbt_resource_props.get("description", ""))


def prepare_manifest(settings: Settings) -> Path:
    """Have dbt read its project, if anything in it changed since it last did; returns the manifest's path."""
    project = _project(settings)
    manifest = project.manifest_path
    folders = (settings.dbt_dir, settings.seeds_dir)
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file() and "target" not in path.parts]
    if not _is_whole(manifest) or manifest.stat().st_mtime < max(path.stat().st_mtime for path in files):
        # With the flags of the build to come, or dbt would read the whole project again.
        parse = dbt_resource(settings).cli(["parse"], target_path=settings.dbt_target_dir, raise_on_error=False).wait()
        if not parse.is_successful():
            raise RuntimeError(f"dbt cannot read its project: {parse.get_error()}")
    return manifest


def _is_whole(manifest: Path) -> bool:
    """A dbt that was killed while it wrote leaves half of one."""
    try:
        json.loads(manifest.read_text())
    except (FileNotFoundError, ValueError):
        return False
    return True


def read_manifest(settings: Settings) -> dict[str, Any]:
    manifest: dict[str, Any] = json.loads(_project(settings).manifest_path.read_text())
    return manifest


def model_assets(settings: Settings, tell: Narrator) -> AssetsDefinition:
    """Every seed and model of the dbt project; its tests are checks on them."""
    project = _project(settings)
    manifest = read_manifest(settings)
    tables = sum(node["resource_type"] in ("model", "seed") for node in manifest["nodes"].values())

    @dbt_assets(
        manifest=manifest,
        project=project,
        name="build_models",
        exclude=INNER_TESTS,
        dagster_dbt_translator=Translator(),
        required_resource_keys={"refresh_lock", "dbt"},
    )
    def build_models(context: AssetExecutionContext) -> Iterator[DbtEvent]:
        with tell.step(
            "Models: dbt builds raw, staging, intermediate and marts from the admitted loads, and tests them"
        ) as step:
            # Unit tests are about the code, not about today's data: `make test` runs them.
            # Without a target path of its own dbt's artifacts would land in the project's folder.
            call = context.resources.dbt.cli(
                ["build", "--exclude-resource-type", "unit_test"], context=context, target_path=settings.dbt_target_dir
            )
            built: list[Output] = []
            tests: Counter[bool] = Counter()
            failure = ""
            try:
                for event in call.stream():
                    if isinstance(event, Output):
                        built.append(event)
                    else:
                        if isinstance(event, AssetCheckResult | AssetCheckEvaluation):
                            tests[event.passed] += 1
                        yield event
                    done = f"{len(built)} of {tables} tables"
                    tell.live(f"{done} built, {counted(tests.total(), 'test')} run")
            except DagsterDbtCliRuntimeError:
                failure = _failures(call)
            rows = row_counts(settings)
            for output in built:
                yield _with_row_count(output, rows)
            step.outcome = (
                f"{counted(len(built), 'table')} with {counted(sum(rows.values()), 'row')} built, "
                f"{tests[True]} of {counted(tests.total(), 'test')} passed"
            )
        if failure:
            tell.problem(f"dbt: {failure}; the last publication stays")
            raise Failure(f"dbt: {failure}", allow_retries=False)

    return build_models


class DbtInItsOwnProcess(DbtCliResource):
    """dagster-dbt would load dbt's adapter into this process too, to look at tables; five seconds nobody needs."""

    @cached_property
    def _cli_version(self) -> Version:
        """That of the package: asked for its version, dbt asks the package index for newer ones, at every refresh."""
        return Version(version("dbt-core"))

    def _initialize_dbt_core_adapter(self, _: Sequence[str]) -> Any:
        return None


def dbt_resource(settings: Settings) -> DbtCliResource:
    return DbtInItsOwnProcess(
        project_dir=str(_project(settings).project_dir),
        profiles_dir=str(settings.dbt_dir),
        target=settings.target,
        # Its debug log doubles the work of hundreds of short tests, and would hold rows.
        global_config_flags=["--no-use-colors", "--log-level-file", "none"],
    )


def mart_keys(settings: Settings) -> list[AssetKey]:
    """Every mart, as dbt knows them."""
    nodes = read_manifest(settings)["nodes"].values()
    return [AssetKey(["mart", node["name"]]) for node in nodes if _is_mart(node)]


def mart_descriptions(settings: Settings) -> dict[str, tuple[str, dict[str, str]]]:
    """What every mart and its columns mean, in the words of the dbt project."""
    return {
        node["name"]: (
            node["description"],
            {name: column.get("description", "") for name, column in node["columns"].items()},
        )
        for node in read_manifest(settings)["nodes"].values()
        if _is_mart(node)
    }


def _is_mart(node: Mapping[str, Any]) -> bool:
    return bool(node["resource_type"] == "model" and node["schema"] == "mart")


def mart_gate(settings: Settings, tell: Narrator) -> AssetChecksDefinition:
    """Gate 2: every suite of expectations/marts on the marts just built; a broken critical rule blocks publishing."""
    keys = {key.path[-1]: key for key in mart_keys(settings)}
    asked = {table: suite for table, suite in suites("marts").items() if table in keys}

    @multi_asset_check(
        name="judge_marts",
        description="Gate 2: may people read these marts?",
        specs=[spec for table, suite in asked.items() for spec in check_specs(suite.rules, keys[table], blocking=True)],
        required_resource_keys={"refresh_lock"},
    )
    def judge_marts() -> Iterator[AssetCheckResult]:
        tell_faults_of_seeds(settings, tell)
        with tell.step("Gate: the rules for marts, before anybody reads them") as step:
            outcomes = judge_all_marts(settings)
            every = [outcome for found in outcomes.values() for outcome in found]
            passed = sum(outcome.passed for outcome in every)
            step.outcome = f"{passed} of {counted(len(every), 'rule')} passed on {counted(len(outcomes), 'mart')}"
        for table, found in outcomes.items():
            for outcome in found:
                if outcome.refuses:
                    tell.problem(f"mart.{table} breaks {describe(outcome)}; the last publication stays")
                elif not outcome.passed:
                    tell.line(f"    warning on mart.{table}: {describe(outcome)}")
            yield from check_results(keys[table], found)

    return judge_marts


def tell_faults_of_seeds(settings: Settings, tell: Narrator) -> None:
    """Rows of edited rules that have no effect: each is a problem until it is mended, but not one that has expired."""
    with duckdb.connect(str(settings.warehouse_path), read_only=True) as connection:
        faults = connection.execute(
            "select seed_file, seed_row, reason, verdict from mart.seed_faults order by seed_file, seed_row"
        ).fetchall()
    for file, row, reason, verdict in faults:
        if verdict == "expired":
            tell.line(f"    {file}, row {row}: {reason}")
        else:
            tell.problem(f"{file}, row {row} {'is left out' if verdict == 'left_out' else 'leads nowhere'}: {reason}")


def judge_all_marts(settings: Settings) -> dict[str, list[Outcome]]:
    """What the rules say about each mart of the warehouse, compared with what stands published."""
    with duckdb.connect() as connection:
        connection.execute(f"attach '{quoted(settings.warehouse_path)}' as warehouse (read_only)")
        published = settings.published_dir / "kept.duckdb"
        if published.exists():
            connection.execute(f"attach '{quoted(published)}' as published (read_only)")
        has_past = published.exists() and _as_of(connection, "published") <= _as_of(connection, "warehouse")
        return {
            table: judge(
                suite,
                # A mart may have many rows, and Great Expectations wants them all in memory.
                connection.execute(f'select {_listed(suite.columns)} from warehouse.mart."{table}"').df(),
                _past(connection, suite) if has_past else {},
            )
            for table, suite in suites("marts").items()
        }


def _listed(columns: Sequence[str]) -> str:
    return ", ".join(f'"{column}"' for column in columns) or "*"


def _as_of(connection: duckdb.DuckDBPyConnection, database: str) -> str:
    """The latest day a database tells of; a warehouse of an earlier day has fewer facts with good reason."""
    found = connection.execute(f"select max(as_of_on) from {database}.mart.customer_months").fetchall()
    return str(found[0][0] or "")


def _past(connection: duckdb.DuckDBPyConnection, suite: Suite) -> dict[str, float]:
    """Rows, or a column's sum, of the published mart by rule; a mart published for the first time has no past."""
    known = connection.execute(
        "select column_name from duckdb_columns() "
        f"where database_name = 'published' and schema_name = 'mart' and table_name = '{suite.table}'"
    ).fetchall()
    columns = {name for (name,) in known}
    past = {}
    for rule in rules_with_a_past(suite):
        if columns and (rule.column is None or rule.column in columns):
            measure = f'coalesce(sum("{rule.column}"), 0)' if rule.column else "count(*)"
            found = connection.execute(f'select {measure} from published.mart."{suite.table}"').fetchall()
            past[rule.name] = float(found[0][0])
    return past


def quoted(text: object) -> str:
    """Text for the inside of an SQL literal."""
    return str(text).replace("'", "''")


def row_counts(settings: Settings) -> dict[str, int]:
    """Rows of every table of the warehouse by schema.table; empty if dbt did not come to make one."""
    if not settings.warehouse_path.exists():
        return {}
    with duckdb.connect(str(settings.warehouse_path), read_only=True) as connection:
        tables = connection.execute(
            "select schema_name, table_name from duckdb_tables() "
            "where not internal and database_name = current_database()"
        ).fetchall()
        counts = {}
        for schema, table in tables:
            found = connection.execute(f'select count(*) from "{schema}"."{table}"').fetchall()
            counts[f"{schema}.{table}"] = int(found[0][0])
        return counts


def _with_row_count(output: Output, rows: Mapping[str, int]) -> Output:
    table = str(output.metadata["unique_id"].value).split(".")[-1] if "unique_id" in output.metadata else ""
    found = [count for name, count in rows.items() if name.split(".", 1)[1] == table]
    counted_rows = {"dagster/row_count": MetadataValue.int(found[0])} if found else {}
    return Output(None, output.output_name, metadata={**output.metadata, **counted_rows})


def _failures(call: DbtCliInvocation) -> str:
    """The models and tests that did not hold, by name; the messages of failing rows stay in dbt's own log."""
    try:
        results = call.get_artifact("run_results.json")["results"]
    except FileNotFoundError:
        return "the project could not be read; `cd dbt && dbt parse` tells why"
    failed = [result for result in results if result["status"] in ("error", "fail")]
    names = [result["unique_id"].split(".")[2] for result in failed]
    shown = ", ".join(names[:10]) + (f" and {len(names) - 10} more" if len(names) > 10 else "")
    seeds = [_seed_failure(result["message"]) for result in failed if result["unique_id"].startswith("seed.")]
    return "; ".join([f"{counted(len(names), 'model or test', 'models or tests')} failed: {shown}", *seeds])


def _seed_failure(message: str) -> str:
    """File, row and reason of a seed that cannot be read, of all that dbt and the engine say about it."""
    first, *lines = takewhile(bool, (line.strip() for line in message.splitlines()))
    file = first.rpartition("(../")[2].removesuffix(")")
    return f"{file}: {' '.join(line for line in lines if not line.startswith('Original Line:'))}"


def _project(settings: Settings) -> DbtProject:
    return DbtProject(
        project_dir=settings.dbt_dir,
        target_path=settings.dbt_target_dir,
        profiles_dir=settings.dbt_dir,
        target=settings.target,
    )
