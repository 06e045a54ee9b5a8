"""What raw makes of landing: which loads count, which version of a record, and when it was known.

All scenarios share one landing, each with records of its own: a dbt build costs more than all of them together.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from tests.dbt.landing_writer import Row, build, land, query

at = datetime.fromisoformat

LAYERS = "+path:models/staging +load_status"


def company(record_id: str, updated: str, *, name: str = "Acme", archived_at: str | None = None, **extra: Any) -> Row:
    return {
        "id": record_id,
        "properties": {"name": name, "domain": "Acme.example"},
        "createdAt": "2026-01-01T08:00:00Z",
        "updatedAt": updated,
        "archived": archived_at is not None,
        "archivedAt": archived_at,
        **extra,
    }


def ticket(record_id: str, updated: str, status: str = "open", **extra: Any) -> Row:
    return {
        "id": record_id,
        "subject": "Pump stopped",
        "status": status,
        "priority": "high",
        "type": "incident",
        "tags": ["Outage"],
        "created_at": "2026-01-05T08:00:00Z",
        "updated_at": updated,
        **extra,
    }


def job(employee: str, date: str | None, title: str | None = None) -> Row:
    return {"employeeId": employee, "date": date, "department": "Service", "jobTitle": title}


def land_hubspot(data_dir: Path) -> None:
    table = "hubspot__companies"
    gone = "2026-01-20T00:00:00Z"
    refused_at_first = [company("gone_at_refused_load", gone, archived_at=gone)]
    land(data_dir, "0.5", "2026-01-31", {table: refused_at_first}, is_complete=True, is_admitted=False)
    first = [
        company("plain", "2026-01-02T00:00:00Z"),
        company("landed_late", "2026-01-10T00:00:00Z", name="Newer"),
        company("same_moment", "2026-01-10T00:00:00Z", name="First"),
        company("archived", "2026-01-02T00:00:00Z"),
        company("restored", "2026-01-20T09:00:00Z", archived_at="2026-01-20T09:00:00Z"),
        company("gone_at_first_load", gone, archived_at=gone),
    ]
    land(data_dir, "1.0", "2026-02-01", {table: first}, is_complete=True)
    second = [
        company("landed_late", "2026-01-09T00:00:00Z", name="Older"),
        company("same_moment", "2026-01-10T00:00:00Z", name="Second"),
        company("archived", "2026-01-02T00:00:00Z", name="", archived_at="2026-02-10T09:00:00Z"),
        company("restored", "2026-02-05T00:00:00Z"),
        company("gone_at_second_load", gone, archived_at=gone),
    ]
    land(data_dir, "2.0", "2026-02-12", {table: second}, is_complete=True)
    refused = [
        company("plain", "2026-02-13T00:00:00Z", name="Refused"),
        company("only_refused", "2026-02-13T00:00:00Z"),
    ]
    land(data_dir, "3.0", "2026-02-13", {table: refused}, is_admitted=False)
    older_file = data_dir / "landing" / table / "1.0.0.parquet"
    pq.write_table(pq.read_table(older_file, partitioning=None).drop_columns(["url"]), older_file)


def land_zendesk(data_dir: Path) -> None:
    table = "zendesk__tickets"
    solved = ticket(
        "7", "2026-02-02T10:00:00Z", "solved", priority="urgent", metric_set={"solved_at": "2026-02-02T10:00:00Z"}
    )
    gone = ticket("9", "2026-01-20T00:00:00Z", "deleted")
    first = [ticket("7", "2026-01-06T00:00:00Z"), ticket("8", "2026-01-06T00:00:00Z"), gone]
    land(data_dir, "1.1", "2026-02-01", {table: first}, is_complete=True)
    deleted = ticket("8", "2026-02-02T00:00:00Z", "deleted", tags=[], type=None)
    land(data_dir, "2.1", "2026-02-03", {table: [solved, solved, deleted]})
    scrubbed = ticket("8", "2026-03-04T00:00:00Z", "deleted", subject="SCRUBBED")
    land(data_dir, "3.1", "2026-03-05", {table: [solved, scrubbed]})
    land(data_dir, "4.1", "2026-03-06", {table: [ticket("7", "2026-03-06T00:00:00Z", "closed")]}, is_admitted=False)


def training(employee: str, record_id: str | None, completed: str | None = None) -> Row:
    return {"employeeId": employee, "id": record_id, "type": "5", "completed": completed}


def usage(key: str, used: str, *, file_name: str = "usage.csv", row: str = "2") -> Row:
    return {
        "record_id": key,
        "file_name": file_name,
        "file_hash": "5eed",
        "row_number": row,
        "customer_id": "hubspot:1",
        "product": "Base",
        "month": "2026-01",
        "units_used": used,
    }


def land_files(data_dir: Path) -> None:
    table = "files__product_usage"
    land(data_dir, "1.3", "2026-02-01", {table: []})
    land(data_dir, "2.3", "2026-02-03", {table: [usage("a", "1"), usage("b", "1", row="3")]}, is_complete=True)
    corrected = [usage("a", "2", file_name="c.csv"), usage("a", "3", file_name="d.csv"), usage("c", "1")]
    land(data_dir, "3.3", "2026-02-20", {table: corrected})
    land(data_dir, "4.3", "2026-02-21", {table: [usage("b", "9")]}, is_admitted=False)


def land_bamboohr(data_dir: Path) -> None:
    person = {
        "employeeId": "42",
        "firstName": "Ada",
        "lastName": "Ray",
        "workEmail": "Ada@kept.example",
        "hireDate": "2024-05-01",
    }
    later = {**person, "employeeId": "43", "hireDate": "0000-00-00", "reportsToId": "42"}
    engineer, lead = job("42", "2024-05-01", "Engineer"), job("42", "2026-01-15", "Lead")
    first = {
        "bamboohr__employees": [person],
        "bamboohr__job_info": [engineer, job("43", "2024-05-01", "Cook")],
        "bamboohr__training_types": [{"id": "5", "name": "Pumps"}],
        "bamboohr__training_records": [training("42", "70", "2025-06-01"), training("43", "71", "2025-07-01")],
    }
    land(data_dir, "1.2", "2026-02-01", first, is_complete=True)
    deletion = {"id": "42", "action": "Deleted", "lastChanged": "2026-02-09T12:00:00+00:00"}
    second = {
        "bamboohr__employees": [later],
        "bamboohr__employees_changed": [
            deletion,
            {"id": "43", "action": "Inserted", "lastChanged": "2026-02-09T12:00:00Z"},
        ],
        "bamboohr__job_info": [engineer, lead],
        "bamboohr__training_records": [{"employeeId": "42"}, training("43", "71", "2025-07-01")],
    }
    land(data_dir, "2.2", "2026-02-10", second)
    retrained = [training("43", "71", "2025-07-01"), training("43", "72", "2026-02-10")]
    land(data_dir, "3.2", "2026-02-20", {"bamboohr__job_info": [lead], "bamboohr__training_records": retrained})
    land(data_dir, "4.2", "2026-03-01", {"bamboohr__job_info": [job("42", None)]})
    land(data_dir, "5.2", "2026-03-10", {"bamboohr__job_info": [lead]})


@pytest.fixture(scope="module")
def landed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data_dir = tmp_path_factory.mktemp("landed")
    land_hubspot(data_dir)
    land_zendesk(data_dir)
    land_bamboohr(data_dir)
    land_files(data_dir)
    build(data_dir, select=LAYERS, as_of="2026-03-11")
    return data_dir


def raw_company(landed: Path, record_id: str) -> Row | None:
    rows = query(landed, f"select * from raw.raw_hubspot__companies where id = '{record_id}'")
    return rows[0] if rows else None


def test_every_model_builds_typed_and_empty_before_any_load(empty_warehouse: Path) -> None:
    assert query(empty_warehouse, "select * from raw.raw_hubspot__companies") == []
    types = query(
        empty_warehouse,
        "select data_type from information_schema.columns"
        " where table_name = 'raw_hubspot__companies' and column_name in ('id', 'recorded_at') order by column_name",
    )
    assert [row["data_type"] for row in types] == ["VARCHAR", "TIMESTAMP"]
    assert {row["freshness"] for row in query(empty_warehouse, "select freshness from mart.load_status")} == {"never"}


def test_a_refused_load_is_not_read(landed: Path) -> None:
    row = raw_company(landed, "plain")
    assert row is not None
    assert "Acme" in row["properties"]
    assert raw_company(landed, "only_refused") is None
    assert raw_company(landed, "gone_at_refused_load") is None


def test_the_newest_version_is_the_vendors_newest_even_when_it_lands_first(landed: Path) -> None:
    row = raw_company(landed, "landed_late")
    assert row is not None
    assert "Newer" in row["properties"]
    assert row["recorded_at"] == at("2026-01-01T08:00:00")
    assert row["last_recorded_at"] == at("2026-01-10T00:00:00")
    assert (row["first_landed_at"].day, row["last_landed_at"].day) == (1, 12)


def test_of_two_versions_of_one_moment_the_one_landed_later_counts(landed: Path) -> None:
    row = raw_company(landed, "same_moment")
    assert row is not None
    assert "Second" in row["properties"]


def test_an_archived_record_is_removed_when_the_vendor_says_and_keeps_what_it_last_held(landed: Path) -> None:
    row = raw_company(landed, "archived")
    assert row is not None
    assert row["removed_at"] == at("2026-02-10T09:00:00")
    assert not row["was_removed_at_first_load"]
    assert "Acme" in row["properties"]


def test_a_record_that_the_vendor_restored_stands_again(landed: Path) -> None:
    row = raw_company(landed, "restored")
    assert row is not None
    assert (row["removed_at"], row["was_removed_at_first_load"]) == (None, False)


def test_only_what_was_gone_at_the_tables_first_complete_admitted_load_never_counts(landed: Path) -> None:
    at_first, later = raw_company(landed, "gone_at_first_load"), raw_company(landed, "gone_at_second_load")
    assert at_first is not None and at_first["was_removed_at_first_load"]
    assert later is not None and not later["was_removed_at_first_load"]
    assert query(landed, "select ticket_id from staging.stg_zendesk__tickets where ticket_id = '9'") == []


def test_a_field_that_older_files_lack_is_null_in_their_rows(landed: Path) -> None:
    row = raw_company(landed, "plain")
    assert row is not None
    assert row["url"] is None


def test_a_ticket_deleted_and_later_scrubbed_was_removed_the_first_time_and_keeps_what_it_held(landed: Path) -> None:
    (row,) = query(
        landed, "select removed_at, subject, tags, ticket_type from staging.stg_zendesk__tickets where ticket_id = '8'"
    )
    assert row == {
        "removed_at": at("2026-02-02T00:00:00"),
        "subject": "Pump stopped",
        "tags": '["outage"]',
        "ticket_type": "incident",
    }


def test_ticket_versions_are_those_admitted_and_the_first_counts_from_creation(landed: Path) -> None:
    rows = query(
        landed,
        "select status, priority, solved_at, version_at from staging.stg_zendesk__ticket_versions"
        " where ticket_id = '7' order by version_at",
    )
    assert [tuple(row.values()) for row in rows] == [
        ("open", "high", None, at("2026-01-05T08:00:00")),
        ("solved", "urgent", at("2026-02-02T10:00:00"), at("2026-02-02T10:00:00")),
    ]


def test_a_deletion_is_no_state_of_a_ticket(landed: Path) -> None:
    rows = query(landed, "select status from staging.stg_zendesk__ticket_versions where ticket_id = '8'")
    assert rows == [{"status": "open"}]


def test_a_job_row_counts_from_its_date_at_first_from_landing_later_until_a_set_lacks_it(landed: Path) -> None:
    rows = query(
        landed,
        "select employee_id, job_title, cast(effective_on as text), cast(recorded_on as text), cast(removed_on as text)"
        " from staging.stg_bamboohr__job_history order by all",
    )
    assert [tuple(row.values()) for row in rows] == [
        ("bamboohr:42", "Engineer", "2024-05-01", "2024-05-01", "2026-02-20"),
        ("bamboohr:42", "Lead", "2026-01-15", "2026-02-10", "2026-03-01"),
        ("bamboohr:42", "Lead", "2026-01-15", "2026-03-10", None),
        ("bamboohr:43", "Cook", "2024-05-01", "2024-05-01", None),
    ]


def test_an_employee_whom_hr_deleted_keeps_the_row_and_one_landed_later_was_known_later(landed: Path) -> None:
    rows = query(
        landed,
        "select employee_id, work_email, manager_id, cast(hire_date as text) as hired,"
        " cast(recorded_on as text) as recorded, removed_at from staging.stg_bamboohr__employees order by 1",
    )
    assert [tuple(row.values()) for row in rows] == [
        ("bamboohr:42", "ada@kept.example", None, "2024-05-01", "2024-05-01", at("2026-02-09T12:00:00")),
        ("bamboohr:43", "ada@kept.example", "bamboohr:42", None, "2026-02-10", None),
    ]


def test_load_status_tells_the_last_good_load_and_the_last_attempt(landed: Path) -> None:
    rows = query(
        landed, "select * from mart.load_status where source_table in ('hubspot__companies', 'zendesk__users')"
    )
    by_table = {row["source_table"]: row for row in rows}
    companies = by_table["hubspot__companies"]
    assert companies["last_good_load_at"] == at("2026-02-12T23:59:59.999999")
    assert (companies["row_count"], companies["freshness"], companies["last_verdict"]) == (5, "stale", "refused")
    assert round(companies["age_hours"]) == 27 * 24
    assert by_table["zendesk__users"]["freshness"] == "never"


def test_a_training_stands_until_the_set_of_its_employee_lacks_it(landed: Path) -> None:
    rows = query(
        landed,
        "select training_id, training, cast(recorded_on as text), cast(removed_on as text)"
        " from staging.stg_bamboohr__training_records order by all",
    )
    assert [tuple(row.values()) for row in rows] == [
        ("bamboohr:70", "Pumps", "2025-06-01", "2026-02-10"),
        ("bamboohr:71", "Pumps", "2025-07-01", None),
        ("bamboohr:72", "Pumps", "2026-02-20", None),
    ]


def test_what_a_later_file_says_replaces_what_an_earlier_one_said_from_its_landing_on(landed: Path) -> None:
    rows = query(
        landed,
        "select product_usage_id, units_used, source_record_id, cast(recorded_on as text), cast(removed_on as text)"
        " from staging.stg_files__product_usage order by all",
    )
    assert [tuple(row.values()) for row in rows] == [
        ("files:a", 1.0, "usage.csv:2", "2026-01-31", "2026-02-20"),
        ("files:a", 3.0, "d.csv:2", "2026-02-20", None),
        ("files:b", 1.0, "usage.csv:3", "2026-01-31", None),
        ("files:c", 1.0, "usage.csv:2", "2026-02-20", None),
    ]
