"""The publication: the mart schema as a read-only DuckDB file and a folder of Parquet, both swapped in whole."""

import shutil
from datetime import UTC, datetime
from pathlib import Path

import duckdb
from dagster import AssetExecutionContext, AssetKey, AssetsDefinition, MaterializeResult, asset

from dagster_project.assets.models import mart_descriptions, mart_keys, quoted
from dagster_project.progress import Narrator, counted
from dagster_project.settings import Settings

# DuckDB 1.4 clients still read it; a file in the newest format they cannot open.
STORAGE_VERSION = "v1.4.0"
# The one that readers may still be on, and the one they go to next.
KEPT_PUBLICATIONS = 2

KEY = AssetKey(["published", "kept"])


def published_asset(settings: Settings, tell: Narrator) -> AssetsDefinition:
    @asset(
        key=KEY,
        deps=mart_keys(settings),
        group_name="published",
        description="The marts as people and tools read them, a DuckDB file and Parquet; replaced whole or not at all.",
        kinds={"duckdb", "parquet"},
        required_resource_keys={"refresh_lock"},
    )
    def kept(_: AssetExecutionContext) -> MaterializeResult:
        with tell.step("Publishing: the marts become what tools and reports read") as step:
            rows = publish(settings)
            step.outcome = (
                f"{counted(len(rows), 'mart')} with {counted(sum(rows.values()), 'row')} in "
                f"{settings.published_dir / 'kept.duckdb'}"
            )
        return MaterializeResult(metadata={"dagster/row_count": sum(rows.values()), "marts": len(rows)})

    return kept


def publish(settings: Settings) -> dict[str, int]:
    """Copy the mart schema of the warehouse beside the last publication, then swap both forms in; rows by mart.

    Readers of the DuckDB file keep the snapshot they have open and see the new one when they connect again; readers of
    Parquet read the pointer `parquet/current` once and stay in the folder it names.
    """
    published = settings.published_dir
    parquet = published / "parquet"
    parquet.mkdir(parents=True, exist_ok=True, mode=0o700)
    name = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%fZ")
    beside, folder = published / f".kept-{name}.duckdb", parquet / name
    folder.mkdir(mode=0o700)
    try:
        rows = _write(settings, beside, folder)
    except BaseException:
        beside.unlink(missing_ok=True)
        shutil.rmtree(folder)
        raise
    pointer = parquet / f".current-{name}"
    pointer.write_text(name + "\n")
    beside.replace(published / "kept.duckdb")
    pointer.replace(parquet / "current")
    _remove_old(parquet, name)
    return rows


def _write(settings: Settings, database: Path, folder: Path) -> dict[str, int]:
    descriptions = mart_descriptions(settings)
    rows: dict[str, int] = {}
    with duckdb.connect() as connection:
        connection.execute(f"attach '{quoted(settings.warehouse_path)}' as warehouse (read_only)")
        connection.execute(f"attach '{quoted(database)}' as kept (storage_version '{STORAGE_VERSION}')")
        connection.execute("create schema kept.mart")
        tables = connection.execute(
            "select table_name from duckdb_tables() "
            "where database_name = 'warehouse' and schema_name = 'mart' order by table_name"
        ).fetchall()
        for (table,) in tables:
            # In one order always, so that the same facts make the same file.
            connection.execute(
                f'create table kept.mart."{table}" as select * from warehouse.mart."{table}" order by all'
            )
            connection.execute(
                f"copy kept.mart.\"{table}\" to '{quoted(folder / (table + '.parquet'))}' (format parquet)"
            )
            counts = connection.execute(f'select count(*) from kept.mart."{table}"').fetchall()
            rows[table] = int(counts[0][0])
            _describe(connection, table, *descriptions.get(table, ("", {})))
        connection.execute("checkpoint kept")
        connection.execute("detach kept")
    return rows


def _describe(connection: duckdb.DuckDBPyConnection, table: str, meaning: str, columns: dict[str, str]) -> None:
    """Carry what table and columns mean into the file, where a BI tool shows it."""
    connection.execute(f"comment on table kept.mart.\"{table}\" is '{quoted(meaning)}'")
    for column, text in columns.items():
        connection.execute(f'comment on column kept.mart."{table}"."{column}" is \'{quoted(text)}\'')


def _remove_old(parquet: Path, current: str) -> None:
    """Keep the last publications; what a crash left beside them nobody reads, and it is no smaller than they are."""
    folders = sorted(path for path in parquet.iterdir() if path.is_dir() and path.name <= current)
    for old in folders[:-KEPT_PUBLICATIONS]:
        shutil.rmtree(old)
    for unfinished in (*parquet.parent.glob(".kept-*"), *parquet.glob(".current-*")):
        unfinished.unlink()
