"""The publication: swapped in whole while people read, described in itself, and readable by an older DuckDB."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import duckdb
import pytest

from dagster_project.assets import published
from dagster_project.assets.published import publish
from dagster_project.settings import PROJECT_DIR, Settings
from tests.house.fakes import files

COLUMNS = {"touch_id": "The touch's key.", "theme": "What it was about: a 'theme' of ours."}
# The fourth unsigned number of a DuckDB file; 67 came with DuckDB 1.4, whose files 1.4 and all later ones read.
STORAGE_OF_1_4 = 67


@pytest.fixture
def warehouse(settings: Settings) -> Settings:
    """A warehouse with two marts and a staging table, and what dbt says of the marts."""
    build(settings, ["pricing", "launch"])
    describe_marts(settings, COLUMNS)
    return settings


def build(settings: Settings, themes: list[str]) -> None:
    with duckdb.connect(str(settings.warehouse_path)) as connection:
        connection.execute("create schema if not exists mart; create schema if not exists staging")
        connection.execute("create or replace table mart.touches (touch_id integer, theme text)")
        connection.executemany("insert into mart.touches values (?, ?)", list(enumerate(themes)))
        connection.execute("create or replace table mart.customers as select 1 as customer_id")
        connection.execute("create or replace table staging.stg_people as select 'Ida' as full_name")


def describe_marts(settings: Settings, columns: dict[str, str]) -> None:
    """The part of dbt's manifest that publishing reads."""
    described = {name: {"name": name, "description": text} for name, text in columns.items()}
    mart = {"resource_type": "model", "schema": "mart"}
    nodes = {
        "model.kept.touches": {**mart, "name": "touches", "description": "One row per touch.", "columns": described},
        "model.kept.customers": {**mart, "name": "customers", "description": "", "columns": {}},
    }
    settings.dbt_target_dir.mkdir(exist_ok=True)
    (settings.dbt_target_dir / "manifest.json").write_text(json.dumps({"nodes": nodes}))


def open_read_only(path: Path) -> duckdb.DuckDBPyConnection:
    """As a process of its own would; a second connect to one path in one process is given the database already open."""
    connection = duckdb.connect()
    connection.execute(f"attach '{path}' as kept (read_only)")
    return connection


def query(path: Path, sql: str) -> list[tuple[Any, ...]]:
    with open_read_only(path) as connection:
        return connection.execute(sql).fetchall()


def database(settings: Settings) -> Path:
    return settings.published_dir / "kept.duckdb"


def parquet_folders(settings: Settings) -> list[str]:
    return sorted(path.name for path in (settings.published_dir / "parquet").iterdir() if path.is_dir())


def pointer(settings: Settings) -> str:
    return (settings.published_dir / "parquet" / "current").read_text().strip()


THEMES = "select theme from kept.mart.touches order by touch_id"


def test_the_marts_and_nothing_else_are_published(warehouse: Settings) -> None:
    assert publish(warehouse) == {"customers": 1, "touches": 2}
    tables = query(
        database(warehouse), "select schema_name, table_name from duckdb_tables() where not internal order by all"
    )
    assert tables == [("mart", "customers"), ("mart", "touches")]
    assert b"Ida" not in b"".join(files(warehouse.published_dir).values())


def test_a_reader_goes_on_in_the_old_file_and_sees_the_new_one_on_connecting_again(warehouse: Settings) -> None:
    publish(warehouse)
    with open_read_only(database(warehouse)) as reader:
        assert reader.execute("select * from kept.mart.customers").fetchall() == [(1,)]
        build(warehouse, ["outage"])
        publish(warehouse)
        # Rows this reader never looked at before: they come from the file that has lost its name.
        assert reader.execute(THEMES).fetchall() == [("pricing",), ("launch",)]
    assert query(database(warehouse), THEMES) == [("outage",)]


def test_a_reader_of_the_publication_does_not_hold_up_the_next_one(warehouse: Settings) -> None:
    publish(warehouse)
    with open_read_only(database(warehouse)), open_read_only(database(warehouse)):
        publish(warehouse)


def test_parquet_readers_find_the_newest_folder_by_its_pointer(warehouse: Settings) -> None:
    publish(warehouse)
    first = pointer(warehouse)
    build(warehouse, ["outage"])
    publish(warehouse)
    assert pointer(warehouse) == max(parquet_folders(warehouse)) != first
    folders = {name: warehouse.published_dir / "parquet" / name for name in (first, pointer(warehouse))}
    themes = {
        name: duckdb.sql(f"select theme from '{folder}/touches.parquet' order by touch_id").fetchall()
        for name, folder in folders.items()
    }
    assert themes == {first: [("pricing",), ("launch",)], pointer(warehouse): [("outage",)]}


def test_the_readme_names_the_pointer_that_is_written(warehouse: Settings) -> None:
    publish(warehouse)
    (name,) = [path.name for path in (warehouse.published_dir / "parquet").iterdir() if path.is_file()]
    assert f"`published/parquet/{name}`" in (PROJECT_DIR / "README.md").read_text()


def test_the_last_two_publications_are_kept(warehouse: Settings) -> None:
    names = []
    for _ in range(4):
        publish(warehouse)
        names.append(pointer(warehouse))
    assert parquet_folders(warehouse) == names[-2:]
    assert sorted(path.name for path in warehouse.published_dir.iterdir()) == ["kept.duckdb", "parquet"]


def test_what_tables_and_columns_mean_is_in_the_file(warehouse: Settings) -> None:
    publish(warehouse)
    columns = query(
        database(warehouse), "select column_name, comment from duckdb_columns() where table_name = 'touches'"
    )
    assert dict(columns) == COLUMNS
    tables = query(database(warehouse), "select comment from duckdb_tables() where table_name = 'touches'")
    assert tables == [("One row per touch.",)]


def test_the_file_has_the_storage_format_of_duckdb_1_4(warehouse: Settings) -> None:
    publish(warehouse)
    magic, version = struct.unpack_from("<4sQ", database(warehouse).read_bytes(), 8)
    assert (magic, version) == (b"DUCK", STORAGE_OF_1_4)
    ((tags,),) = query(database(warehouse), "select tags from duckdb_databases() where database_name = 'kept'")
    assert tags["storage_version"].startswith(published.STORAGE_VERSION)


def test_the_same_facts_in_another_order_are_the_same_parquet(warehouse: Settings) -> None:
    build(warehouse, ["a", "b", "c"])
    publish(warehouse)
    first = files(warehouse.published_dir / "parquet" / pointer(warehouse))
    with duckdb.connect(str(warehouse.warehouse_path)) as connection:
        connection.execute("create or replace table mart.touches as from mart.touches order by touch_id desc")
    publish(warehouse)
    assert files(warehouse.published_dir / "parquet" / pointer(warehouse)) == first


def test_a_publication_that_fails_leaves_the_last_one_as_it_was(warehouse: Settings) -> None:
    publish(warehouse)
    before = files(warehouse.published_dir), parquet_folders(warehouse)
    describe_marts(warehouse, {"no_such_column": "What the model never had."})
    with pytest.raises(duckdb.Error):
        publish(warehouse)
    assert (files(warehouse.published_dir), parquet_folders(warehouse)) == before


def test_what_a_crash_left_behind_is_removed_in_time_and_read_by_nobody(warehouse: Settings) -> None:
    publish(warehouse)
    left = warehouse.published_dir / "parquet" / "20200101T000000000000Z"
    left.mkdir()
    (warehouse.published_dir / ".kept-20200101T000000000000Z.duckdb").write_bytes(b"half a publication")
    (warehouse.published_dir / "parquet" / ".current-20200101T000000000000Z").touch()
    for _ in range(2):
        publish(warehouse)
    assert not left.exists()
    assert len(parquet_folders(warehouse)) == 2
    assert list(warehouse.published_dir.rglob(".*")) == []


def test_the_publication_is_its_owners_alone(warehouse: Settings) -> None:
    publish(warehouse)
    paths = [warehouse.published_dir, *warehouse.published_dir.rglob("*")]
    assert [path for path in paths if path.stat().st_mode & 0o077] == []
