"""Of a person HR tells only what is allowed: whatever else an answer holds is in no byte that Kept writes."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
from dlt.common.versioned_state import decompress_state

from dagster_project.sources.bamboohr import TABLES
from tests.house.test_secrets import content_of
from tests.pipeline.life import FORBIDDEN, LivedCompany

ALLOWED = {
    "bamboohr__employees": ("employeeId", "firstName", "lastName", "workEmail", "hireDate", "reportsToId"),
    "bamboohr__employees_changed": ("id", "action", "lastChanged"),
    "bamboohr__job_info": ("employeeId", "date", "department", "jobTitle"),
    "bamboohr__employment_status": ("employeeId", "date", "employmentStatus"),
    "bamboohr__training_types": ("id", "name"),
    "bamboohr__training_records": ("employeeId", "id", "type", "completed"),
}


def everything_in(path: Path) -> bytes:
    """A file's bytes and what they say unpacked: tables of DuckDB, dlt's packed state, Parquet."""
    content = content_of(path)
    if path.suffix == ".duckdb":
        with duckdb.connect(str(path), read_only=True) as connection:
            for schema, table in connection.execute(
                "select schema_name, table_name from duckdb_tables() where database_name = current_database()"
            ).fetchall():
                rows = connection.execute(f'select * from "{schema}"."{table}"').fetchall()
                content += repr(rows).encode()
    if path.parent.name == "_dlt_pipeline_state":
        for line in path.read_text().splitlines():
            content += repr(decompress_state(json.loads(line)["state"])).encode()
    return content


def test_pay_birth_address_and_reasons_of_leaving_are_in_no_byte_that_kept_wrote(lived: LivedCompany) -> None:
    assert lived.problems == []
    assert lived.hr_answers_spoiled >= 4
    written = [path for path in sorted(lived.data_dir.rglob("*")) if path.is_file()]
    places = {path.relative_to(lived.data_dir).parts[0] for path in written}
    assert {"landing", "dlt", "dagster", "warehouse", "published", "reports", "last_run.log"} <= places
    found = {
        f"{field} in {path.relative_to(lived.data_dir)}"
        for path in written
        for content in [everything_in(path)]
        for field, value in FORBIDDEN.items()
        if value.encode() in content
    }
    assert found == set()


def test_what_is_allowed_of_hr_is_one_list() -> None:
    """Whoever widens it has to say so here."""
    assert {table.name: table.fields for table in TABLES} == ALLOWED
    assert not any(table.keeps_other_fields for table in TABLES)
