"""Of a person only what is declared is kept: whatever else an answer holds is in no byte that Kept writes."""

from __future__ import annotations

import json
import stat
from importlib import import_module
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest
from dlt.common.versioned_state import decompress_state
from hypothesis import given
from hypothesis import strategies as st

from dagster_project.settings import DROP_FOLDER, KNOWN_SOURCES, PROJECT_DIR
from dagster_project.sources import Table, load_crm_properties
from dagster_project.sources.hubspot import ENTITIES
from expectations import LANDED
from tests.house.test_secrets import content_of
from tests.pipeline.life import FORBIDDEN, TELLING_OF_PEOPLE, LivedCompany, company

TABLES: dict[str, Table] = {
    table.name: table
    for system in (*KNOWN_SOURCES, DROP_FOLDER)
    for table in import_module(f"dagster_project.sources.{system}").TABLES
}
# Every table that tells of people, here a second time: whoever widens it has to say so here.
ALLOWED = {
    "bamboohr__employees": ("employeeId", "firstName", "lastName", "workEmail", "hireDate", "reportsToId"),
    "bamboohr__employees_changed": ("id", "action", "lastChanged"),
    "bamboohr__job_info": ("employeeId", "date", "department", "jobTitle"),
    "bamboohr__employment_status": ("employeeId", "date", "employmentStatus"),
    "bamboohr__training_types": ("id", "name"),
    "bamboohr__training_records": ("employeeId", "id", "type", "completed"),
    "hubspot__contacts": (
        "id",
        "properties",
        "createdAt",
        "updatedAt",
        "archived",
        "archivedAt",
        "url",
        "associations",
    ),
    "hubspot__owners": (
        *("id", "email", "firstName", "lastName", "userId", "userIdIncludingInactive", "type"),
        *("createdAt", "updatedAt", "archived", "teams"),
    ),
    "zendesk__users": (
        *("id", "url", "name", "email", "role", "organization_id", "external_id", "active", "suspended"),
        *("created_at", "updated_at"),
    ),
}
PROPERTIES_OF_CONTACTS = {
    *("firstname", "lastname", "email", "jobtitle", "hs_buying_role"),
    *("createdate", "lastmodifieddate", "hs_merged_object_ids", "hs_object_id"),
}
# What Kept, Dagster, dbt and dlt keep beside the data, for whoever runs it: no word of the people in it.
TOLD_TO_OPERATORS = ("dagster", "dbt", "dlt", "last_run.log", "alerts.json")


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
    assert lived.answers_spoiled.keys() == TELLING_OF_PEOPLE.keys()
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


def test_what_is_allowed_of_people_is_one_list() -> None:
    people = {name for name, table in TABLES.items() if table.is_about_people or name.startswith("bamboohr__")}
    assert {name: TABLES[name].fields for name in people} == ALLOWED
    assert not any(TABLES[name].keeps_other_fields for name in people if name.startswith("bamboohr__"))
    properties = load_crm_properties(PROJECT_DIR / "seeds", "hubspot")
    (contacts,) = [entity for entity in ENTITIES if entity.name == "contacts"]
    assert {*contacts.property_names(properties), "hs_object_id"} == PROPERTIES_OF_CONTACTS


def test_every_landed_field_of_every_source_is_a_declared_one(lived: LivedCompany) -> None:
    landed = {path.name: path for path in (lived.data_dir / "landing").iterdir() if path.name in TABLES}
    assert landed.keys() == TABLES.keys()
    for name, folder in landed.items():
        for path in folder.glob("*.parquet"):
            assert set(pq.read_schema(path).names) == {*TABLES[name].columns, *LANDED}, path


def test_a_new_field_of_a_record_about_a_person_is_known_by_its_name_alone(lived: LivedCompany) -> None:
    for table in ("hubspot__contacts", "hubspot__owners", "zendesk__users"):
        landed = f"read_parquet('{lived.data_dir}/landing/{table}/*.parquet')"
        found = duckdb.execute(f"select distinct unnest(json_keys(other_fields)) from {landed}").fetchall()
        assert {*FORBIDDEN, "somethingNew"} <= {name for (name,) in found}, table
        values = f"select unnest(json_extract(other_fields, '$.*')) as value from {landed}"
        assert duckdb.execute(f"select count(*) from ({values}) where value <> 'null'").fetchall() == [(0,)]


def test_of_a_contact_only_the_properties_asked_for_land(lived: LivedCompany) -> None:
    landed = f"read_parquet('{lived.data_dir}/landing/hubspot__contacts/*.parquet')"
    found = duckdb.execute(f"select distinct unnest(json_keys(properties)) from {landed}").fetchall()
    assert {name for (name,) in found} <= PROPERTIES_OF_CONTACTS


@pytest.mark.parametrize("name", [name for name, table in TABLES.items() if table.is_about_people])
@given(others=st.dictionaries(st.text(), st.text(alphabet="§", min_size=1)))
def test_no_value_of_an_undeclared_field_reaches_a_row_about_a_person(name: str, others: dict[str, str]) -> None:
    received = {field.replace("§", ""): value for field, value in others.items()}
    undeclared = {field: value for field, value in received.items() if field not in TABLES[name].fields}
    landed = TABLES[name].record(undeclared)
    assert "§" not in "".join(value or "" for value in landed.values())


def test_no_name_or_address_of_anybody_stands_in_logs_events_or_working_folders(lived: LivedCompany) -> None:
    people = duckdb.connect(str(lived.publication), read_only=True).execute(
        "select full_name from mart.contacts union select full_name from mart.employees where full_name is not null"
    )
    names = {name.split(" <b>")[0].encode() for (name,) in people.fetchall() if name and " " in name.split(" <b>")[0]}
    assert len(names) > 100
    domains = {f"@{account.domain}".encode() for account in company().accounts}
    found = [
        str(path.relative_to(lived.data_dir))
        for place in TOLD_TO_OPERATORS
        for path in [lived.data_dir / place, *(lived.data_dir / place).rglob("*")]
        if path.is_file()
        for content in [everything_in(path)]
        if any(told in content for told in (*names, *domains))
    ]
    assert found == []


def test_what_kept_writes_is_for_its_owner_alone(lived: LivedCompany) -> None:
    """But for what people drop, which is theirs, and what dbt leaves where a test calls it by itself."""
    theirs = ("drop", "target", "logs")
    ours = [path for path in lived.data_dir.rglob("*") if path.relative_to(lived.data_dir).parts[0] not in theirs]
    assert len(ours) > 200
    assert [path for path in ours if stat.S_IMODE(path.lstat().st_mode) & 0o077] == []
