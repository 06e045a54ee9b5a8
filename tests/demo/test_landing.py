"""A company written straight to landing: as the connectors land it, in parts that never collide, one load a system."""

from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from dagster_project.demo.landing import Size, write_landing
from dagster_project.demo.server import SYSTEMS
from dagster_project.loads import recorded_loads
from dagster_project.resources import connect
from dagster_project.settings import Settings

AS_OF = date(2025, 3, 31)


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
                  "zendesk__ticket_events", "zendesk__organizations", "zendesk__users"):  # fmt: skip
        found = ids(out, table)
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
        first = "employeeId" if load["source_table"].startswith("bamboohr__") else "id"
        if load["source_table"] in ("bamboohr__employees_changed", "bamboohr__training_types"):
            first = "id"
        assert len(ids(out, load["source_table"], first)) == load["row_count"], load["source_table"]
        # Goals are kept in the demo's CRM by nobody, and what is left out is not complete.
        is_left_out = load["source_table"] == "hubspot__success_goals"
        assert load["is_complete"] != is_left_out and (load["reason"] is not None) == is_left_out


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
