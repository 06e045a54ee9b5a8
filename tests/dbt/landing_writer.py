"""Writes landing as the connectors do and builds dbt on it: for tests that live through several loads."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import chdir, contextmanager
from dataclasses import replace
from datetime import datetime, time
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import yaml
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.cli.main import dbtRunner
from filelock import FileLock

REPOSITORY = Path(__file__).parents[2]
DBT_PROJECT = REPOSITORY / "dbt"

# Writing the project down again, and a log of every query, for nobody is most of what a small build costs.
UNHEARD = ("--quiet", "--no-write-json", "--log-level-file", "none")

Row = dict[str, Any]

ARROW_TYPES = {"text": pa.string(), "timestamp": pa.timestamp("us", tz="UTC"), "boolean": pa.bool_()}
ARROW_TYPES |= {"bigint": pa.int64(), "integer": pa.int32()}


@cache
def landing_schemas() -> dict[str, pa.Schema]:
    """The declared columns of every landing table, by table."""
    declared = yaml.load((DBT_PROJECT / "models" / "raw" / "_sources.yml").read_text(), yaml.CSafeLoader)
    return {
        table["name"]: pa.schema([(column["name"], ARROW_TYPES[column["data_type"]]) for column in table["columns"]])
        for table in declared["sources"][0]["tables"]
    }


def as_text(value: Any) -> str | None:
    """A vendor's value as landing holds it: text, with objects and arrays as JSON."""
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value)


def land(
    data_dir: Path,
    load_id: str,
    landed_at: str | datetime,
    tables: dict[str, list[Row]],
    *,
    is_complete: bool = False,
    is_admitted: bool = True,
    figures: dict[str, Any] | None = None,
) -> None:
    """Write one load of one system.

    `tables` holds vendor rows by landing table, all of one system. A `landed_at` without a time is the end of that
    day, as of a load made with KEPT_AS_OF. A load that is not admitted has files but no marker. `figures` replaces
    columns of its kept__loads rows.
    """
    if isinstance(landed_at, str):
        landed_at = datetime.fromisoformat(landed_at)
        if landed_at.time() == time():
            landed_at = datetime.combine(landed_at, time.max)
    systems = {table.split("__")[0] for table in tables}
    if len(systems) != 1:
        raise ValueError(f"a load is of one system, not of {sorted(systems)}")
    system = systems.pop()
    schemas = landing_schemas()
    landing = data_dir / "landing"
    loads = []
    for table, rows in tables.items():
        schema = schemas[table]
        unknown = {key for row in rows for key in row} - set(schema.names)
        if unknown:
            raise ValueError(f"{table} declares no {sorted(unknown)}")
        landed = [{key: as_text(value) for key, value in row.items()} for row in rows]
        batch = [{**row, "_landed_at": landed_at, "_dlt_load_id": load_id} for row in landed]
        write_parquet(landing / table / f"{load_id}.0.parquet", batch, schema)
        loads.append(
            {
                "source_system": system,
                "source_table": table,
                "load_id": load_id,
                "landed_at": landed_at,
                "is_complete": is_complete,
                "row_count": len(rows),
                "newest_record_at": None,
                "rules_passed": 5,
                "rules_warned": 0,
                "rules_failed": 0 if is_admitted else 1,
                "verdict": "admitted" if is_admitted else "refused",
                "reason": None if is_admitted else "a rule is broken",
                **(figures or {}),
            }
        )
    write_parquet(landing / "kept__loads" / f"{load_id}.parquet", loads, schemas["kept__loads"])
    if is_admitted:
        marker = landing / "_dlt_loads" / f"{system}__{load_id}.jsonl"
        marker.parent.mkdir(parents=True, exist_ok=True)
        stamp = landed_at.isoformat() + "+00:00"
        marker.write_text(
            json.dumps({"load_id": load_id, "schema_name": system, "status": 0, "inserted_at": stamp}) + "\n"
        )


def write_parquet(path: Path, rows: list[Row], schema: pa.Schema) -> None:
    """Rows as one Parquet file; columns that a row lacks are null."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(rows, schema=schema), path)


@cache
def parsed_project(project: Path = DBT_PROJECT) -> Any:
    """A dbt project as parsed once in this process: parsing costs more than building what a test needs.

    What dbt keeps of it, always in the same place, spares other workers and later runs all but what changed.
    """
    scratch = project / "target" / "tests"
    scratch.mkdir(parents=True, exist_ok=True)
    with FileLock(scratch / "parse.lock"), dbt_environment(scratch, as_of="", project=project):
        # With the target named as a refresh names it, or a refresh would read the project again.
        result = dbtRunner().invoke(["parse", "--quiet", "--target", "duckdb"])
    if not result.success:
        raise AssertionError(f"the dbt project does not parse: {result.exception}")
    return result.result


@cache
def parsed_project_without_tests(project: Path = DBT_PROJECT) -> Any:
    """The same with seeds and models alone: dbt would walk through a thousand tests before it builds anything."""
    whole = parsed_project(project)
    nodes = {key: node for key, node in whole.nodes.items() if node.resource_type != "test"}
    return replace(whole, nodes=nodes, unit_tests={})


def hand_over_parsed_project(target_dir: Path) -> None:
    """Let a refresh into a new data folder begin with the project as parsed here, as its second one would."""
    parsed_project()
    target_dir.mkdir(parents=True, exist_ok=True)
    for name in ("manifest.json", "partial_parse.msgpack"):
        shutil.copyfile(DBT_PROJECT / "target" / "tests" / "target" / name, target_dir / name)


def copied_project(folder: Path) -> Path:
    """A copy of the dbt project with its seeds, for a test that edits a seed as a person does."""
    shutil.copytree(REPOSITORY / "seeds", folder / "seeds")
    return Path(shutil.copytree(DBT_PROJECT, folder / "dbt", ignore=shutil.ignore_patterns("target", "logs")))


@contextmanager
def dbt_environment(data_dir: Path, as_of: str, project: Path = DBT_PROJECT) -> Iterator[None]:
    """The environment and folder in which dbt is called, put back afterwards."""
    before = dict(os.environ)
    os.environ.update(
        KEPT_DATA_DIR=str(data_dir),
        KEPT_AS_OF=as_of,
        KEPT_TARGET="duckdb",
        DBT_TARGET_PATH=str(data_dir / "target"),
        DBT_LOG_PATH=str(data_dir / "logs"),
        DO_NOT_TRACK="1",
    )
    try:
        with chdir(project):
            yield
    finally:
        DuckDBConnectionManager.close_all_connections()
        os.environ.clear()
        os.environ.update(before)


def build(
    data_dir: Path,
    *,
    select: str,
    as_of: str = "",
    variables: Row | None = None,
    project: Path = DBT_PROJECT,
) -> None:
    """Build the selected models and all seeds on what has landed; raises with what failed."""
    arguments = ["build", "--select", *select.split(), "resource_type:seed"]
    invoke_dbt(data_dir, arguments, as_of=as_of, variables=variables, project=project)


def invoke_dbt(
    data_dir: Path,
    arguments: list[str],
    *,
    as_of: str = "",
    variables: Row | None = None,
    project: Path = DBT_PROJECT,
) -> None:
    """Call dbt on a data folder; raises with the names and messages of what failed."""
    manifest = parsed_project(project) if arguments[0] == "test" else parsed_project_without_tests(project)
    flags = [*UNHEARD, "--vars", json.dumps(variables or {})]
    with dbt_environment(data_dir, as_of, project):
        result = dbtRunner(manifest=manifest).invoke([*arguments, *flags])
    if not result.success:
        outcomes = result.result.results if result.result else []
        failed = [
            f"{outcome.node.name}: {outcome.message}" for outcome in outcomes if outcome.status in ("error", "fail")
        ]
        raise AssertionError("\n".join(failed) or str(result.exception))


def query(data_dir: Path, sql: str) -> list[Row]:
    """Rows of the built warehouse."""
    with duckdb.connect(str(data_dir / "warehouse" / "retention.duckdb"), read_only=True) as warehouse:
        cursor = warehouse.execute(sql)
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
