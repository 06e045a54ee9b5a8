"""A company written straight to landing: what the connectors land, in parts that never collide, one load a system."""

from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from dagster_project.checks import judge_batch
from dagster_project.demo.company import simulate
from dagster_project.demo.files import drop
from dagster_project.demo.landing import SYSTEMS, Size, write_landing
from dagster_project.demo.server import DemoServer
from dagster_project.loads import land, recorded_loads
from dagster_project.progress import Narrator
from dagster_project.resources import connect
from dagster_project.settings import Settings

AS_OF = date(2025, 3, 31)
OF_A_LOAD = ("_landed_at", "_dlt_load_id", "load_id", "rules_passed", "reason", "fields")
SMALL = {"customers": 24, "prospects": 8, "years": 2, "employees": 30}


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, list[int]]]:
    """Two parts, made small by asking for few customers a part."""
    out = tmp_path_factory.mktemp("written")
    heard: list[int] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("dagster_project.demo.landing.CUSTOMERS_A_PART", 22)
        size = Size(customers=44, prospects=14, years=2, employees=62)
        write_landing(size, 5, AS_OF, out, 2, lambda done, parts, rows: heard.append(done))
    yield out, heard


def records(data_dir: Path, table: str) -> Counter[tuple[str | None, ...]]:
    """A landing table's rows, however often and in whatever order; load and time of landing left out."""
    files = sorted((data_dir / "landing" / table).glob("*.parquet"))
    rows = [row for path in files for row in pq.read_table(path, partitioning=None).to_pylist()]
    return Counter(tuple(value for name, value in row.items() if name not in OF_A_LOAD) for row in rows)


def test_straight_to_landing_lies_what_the_connectors_bring_through_the_gate(tmp_path: Path) -> None:
    """Record by record and text by text; but for rules and fields, since nobody judges what is written straight,
    and the words for what the account has not."""
    straight, through = tmp_path / "straight", tmp_path / "through"
    write_landing(Size(**SMALL), 5, AS_OF, straight, 1, lambda *_: None)
    world = simulate(5, **SMALL, as_of=AS_OF)
    drop(world, through / "drop")
    with DemoServer(world, time_scale=0) as server:
        environment = {**server.environment, "KEPT_DATA_DIR": str(through), "KEPT_AS_OF": AS_OF.isoformat()}
        settings = Settings.from_env(environment)
        settings.prepare()
        for system in SYSTEMS:
            assert land(connect(system, settings), settings, judge_batch, Narrator()).verdict == "admitted"
    landed = {folder.name for folder in (through / "landing").iterdir() if "__" in folder.name}
    assert {folder.name for folder in (straight / "landing").iterdir() if "__" in folder.name} == landed
    for table in sorted(landed):
        expected, found = records(through, table), records(straight, table)
        assert found == expected, (table, list((found - expected).items())[:1], list((expected - found).items())[:1])
        schemas = [
            pq.read_schema(next((folder / "landing" / table).glob("*.parquet"))) for folder in (straight, through)
        ]
        assert schemas[0].equals(schemas[1]), table


def ids(out: Path, table: str, column: str = "id") -> list[str]:
    rows = duckdb.sql(f"select {column} from '{out}/landing/{table}/*.parquet'").fetchall()
    return [value for (value,) in rows]


def test_every_table_of_every_source_lands_with_the_connectors_columns(written: tuple[Path, list[int]]) -> None:
    out, heard = written
    assert heard == [1, 2]
    settings = Settings.from_env({"KEPT_DATA_DIR": str(out), "HUBSPOT_BASE_URL": "http://nowhere.example"})
    for system in SYSTEMS:
        for table in connect(system, settings).tables:
            files = sorted((out / "landing" / table.name).glob("*.parquet"))
            assert len(files) == 2, table.name
            for path in files:
                names = pq.read_schema(path).names
                assert names == [*table.columns, "_landed_at", "_dlt_load_id"]


def test_parts_share_no_record_and_no_address(written: tuple[Path, list[int]]) -> None:
    out, _ = written
    for table in ("hubspot__companies", "hubspot__contacts", "hubspot__calls", "hubspot__deals", "zendesk__tickets",
                  "zendesk__ticket_events", "zendesk__organizations", "zendesk__users", "files__product_usage",
                  "files__success_goals", "files__retention_costs"):  # fmt: skip
        found = ids(out, table, "record_id" if table.startswith("files__") else "id")
        assert len(found) == len(set(found)) > 0, table
    emails = Counter(ids(out, "bamboohr__employees", "workEmail"))
    assert max(emails.values()) == 1
    domains = Counter(d for d in ids(out, "hubspot__companies", "properties ->> '$.domain'") if d is not None)
    assert max(domains.values()) == 1


def test_one_admitted_load_a_system_counts_the_rows_of_all_parts(written: tuple[Path, list[int]]) -> None:
    out, _ = written
    loads = recorded_loads(Settings.from_env({"KEPT_DATA_DIR": str(out)}))
    assert {load["source_system"] for load in loads} == set(SYSTEMS)
    assert {load["verdict"] for load in loads} == {"admitted"}
    for load in loads:
        table = load["source_table"]
        assert records(out, table).total() == load["row_count"], table
        nowhere = ("hubspot__success_goals", "files__touches", "files__voice_of_customer", "files__action_outcomes")
        assert load["is_complete"] == (table not in nowhere)


def test_stories_and_truth_stand_once(written: tuple[Path, list[int]]) -> None:
    out, _ = written
    assert (out / "truth" / "causes.json").exists()
    assert len(list((out / "truth" / "terms").glob("*.parquet"))) == 2
    names = ids(out, "hubspot__companies", "properties ->> '$.name'")
    assert names.count("Halden Robotics") == 1


def test_a_folder_that_holds_landing_is_not_written_again(written: tuple[Path, list[int]]) -> None:
    out, _ = written
    with pytest.raises(ValueError, match="already holds landing"):
        write_landing(Size(22, 7, 2, 31), 5, AS_OF, out, 1, lambda *_: None)
