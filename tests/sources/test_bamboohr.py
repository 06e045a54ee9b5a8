"""BambooHR's allow-list, histories, changes and deletions, against a loopback company."""

import base64
import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from dagster_project.sources import SourceFailed, SourceRefused
from dagster_project.sources.bamboohr import TABLES, BambooHR
from tests.sources.reading import HURRIED, ids, read
from tests.sources.vendors import SECRET, BambooHRCompany, Reply, Vendor, serving

ALLOWED = {
    "bamboohr__employees": ("employeeId", "firstName", "lastName", "workEmail", "hireDate", "reportsToId"),
    "bamboohr__employees_changed": ("id", "action", "lastChanged"),
    "bamboohr__job_info": ("employeeId", "date", "department", "jobTitle"),
    "bamboohr__employment_status": ("employeeId", "date", "employmentStatus"),
    "bamboohr__training_types": ("id", "name"),
    "bamboohr__training_records": ("employeeId", "id", "type", "completed"),
}


LISTED_ACTIVE = {"filter[status]": "active", "fields": "workEmail,hireDate,reportsToId", "page[limit]": "1000"}


def employee(identity: str, status: str = "Active", **more: Any) -> dict[str, Any]:
    return {
        "employeeId": identity,
        "firstName": "Ava",
        "lastName": "Nguyen",
        "preferredName": "Av",
        "photoUrl": "https://photos.example.com/private.jpg",
        "jobTitleName": "Engineer",
        "status": status,
        "workEmail": f"{identity}@example.com",
        "hireDate": "2020-01-01",
        "reportsToId": None,
        "homePhone": "555-private",
        "_restrictedFields": [],
        **more,
    }


def job(identity: str, date: str, title: str) -> dict[str, Any]:
    return {
        "id": "1",
        "employeeId": identity,
        "date": date,
        "location": "private town",
        "department": "Support",
        "division": "private division",
        "jobTitle": title,
        "reportsTo": "private boss",
    }


def status(identity: str, date: str, name: str) -> dict[str, Any]:
    return {"id": "1", "employeeId": identity, "date": date, "employmentStatus": name, "comment": "private reason"}


def training(identity: int, kind: int, completed: str) -> dict[str, Any]:
    return {
        "id": identity,
        "employeeId": "2",
        "type": str(kind),
        "completed": completed,
        "notes": "private note",
        "instructor": "private person",
        "hours": "8",
        "credits": "2",
        "cost": "50.00 private",
    }


@pytest.fixture
def company() -> BambooHRCompany:
    company = BambooHRCompany(
        employees=[employee("1"), employee("2"), employee("3"), employee("4", "Inactive")],
        changes={
            str(number): {"action": "Inserted", "lastChanged": f"2026-11-0{number}T08:00:00+00:00"}
            for number in range(1, 5)
        },
    )
    company.tables["jobInfo"] = [job("1", "2020-01-01", "Engineer"), job("2", "2021-01-01", "Agent")]
    company.tables["employmentStatus"] = [status(str(one), "2020-01-01", "Full-Time") for one in range(1, 5)]
    company.training_types = {"7": {"id": 7, "name": "Root cause analysis", "linkUrl": "private link", "category": []}}
    company.trainings["2"] = {"31": training(31, 7, "2026-02-01"), "30": training(30, 7, "2025-02-01")}
    return company


@pytest.fixture
def vendor(company: BambooHRCompany) -> Iterator[Vendor]:
    with serving(company.answer) as running:
        yield running


@pytest.fixture
def source(vendor: Vendor) -> BambooHR:
    return BambooHR(base_url=vendor.url, api_key=SECRET, patience=HURRIED)


def test_the_allow_list_is_what_may_be_known_of_employees() -> None:
    assert {table.name: table.columns for table in TABLES} == ALLOWED


def test_nothing_beyond_the_allow_list_leaves_the_source(source: BambooHR, vendor: Vendor) -> None:
    tables = read(source)
    assert "private" not in json.dumps(tables)
    assert {name: set(record) for name, records in tables.items() for record in records} == {
        name: set(fields) for name, fields in ALLOWED.items()
    }
    asked = {one.query["fields"] for one in vendor.asked if "fields" in one.query}
    assert asked == {"workEmail,hireDate,reportsToId"}


def test_the_first_read_takes_the_active_and_those_who_left(source: BambooHR, vendor: Vendor) -> None:
    tables = read(source)
    assert ids(tables["bamboohr__employees"], "employeeId") == ["1", "2", "3", "4"]
    assert ids(tables["bamboohr__employees_changed"]) == ["1", "2", "3", "4"]
    assert all(source.is_complete(table.name) for table in source.tables)
    # What changes while the rest is read must be newer than the cursor.
    assert vendor.paths()[0] == "GET /api/v1/employees/changed"


def test_the_histories_land_row_by_row_and_those_without_rows_get_a_marker(source: BambooHR) -> None:
    rows = read(source)["bamboohr__job_info"]
    assert [(row["employeeId"], row["date"], row["jobTitle"]) for row in rows] == [
        ("1", "2020-01-01", "Engineer"),
        ("2", "2021-01-01", "Agent"),
        ("3", None, None),
        ("4", None, None),
    ]


def test_a_hire_date_of_zeros_lands_as_received(source: BambooHR, company: BambooHRCompany) -> None:
    company.employees = [employee("1", hireDate="0000-00-00", reportsToId=2)]
    (landed,) = read(source)["bamboohr__employees"]
    assert (landed["hireDate"], landed["reportsToId"]) == ("0000-00-00", "2")


def test_if_nobody_changed_only_trainings_are_asked_for_again(source: BambooHR, vendor: Vendor) -> None:
    state: dict[str, Any] = {}
    read(source, state)
    state = json.loads(json.dumps(state))
    vendor.asked.clear()
    assert not any(read(source, state).values())
    assert [(one.path, one.query) for one in vendor.asked] == [
        ("/api/v1/employees/changed", {"since": "2026-11-04T08:00:00+00:00"}),
        ("/api/v1/training/type", {}),
        *(("/api/v1/employees", {**LISTED_ACTIVE, **page}) for page in ({}, {"page[after]": "2"})),
        *((f"/api/v1/training/record/employee/{number}", {}) for number in (1, 2, 3)),
    ]
    assert not any(source.is_complete(table.name) for table in source.tables)


def test_only_those_who_changed_are_requested(source: BambooHR, company: BambooHRCompany, vendor: Vendor) -> None:
    state: dict[str, Any] = {}
    read(source, state)
    vendor.asked.clear()
    company.changes["2"] = {"action": "Updated", "lastChanged": "2026-11-10T08:00:00+00:00"}
    company.changes["3"] = {"action": "Updated", "lastChanged": "2026-11-09T08:00:00+00:00"}
    company.tables["jobInfo"] = [job("2", "2026-12-01", "Lead"), job("2", "2021-01-01", "Agent")]
    tables = read(source, state)
    assert ids(tables["bamboohr__employees"], "employeeId") == ["2", "3"]
    assert [(row["employeeId"], row["date"]) for row in tables["bamboohr__job_info"]] == [
        ("2", "2026-12-01"),
        ("2", "2021-01-01"),
        ("3", None),
    ]
    assert ids(tables["bamboohr__employment_status"], "employeeId") == ["2", "3"]
    assert state["latest"] == "2026-11-10T08:00:00+00:00"
    asked = [one.lists["filter[ids][]"] for one in vendor.asked if "filter[ids][]" in one.lists]
    assert asked == [["2", "3"]]
    assert not any("/all/tables/" in one.path for one in vendor.asked)
    assert not any(read(source, state).values())


def test_someone_who_changed_in_the_cursors_own_second_is_not_lost(source: BambooHR, company: BambooHRCompany) -> None:
    state: dict[str, Any] = {}
    read(source, state)
    company.employees.append(employee("5"))
    company.changes["5"] = {"action": "Inserted", "lastChanged": "2026-11-04T08:00:00+00:00"}
    tables = read(source, state)
    assert ids(tables["bamboohr__employees"], "employeeId") == ["5"]
    assert not any(read(source, state).values())


def test_a_deleted_employee_lands_as_a_deletion_alone(
    source: BambooHR, company: BambooHRCompany, vendor: Vendor
) -> None:
    state: dict[str, Any] = {}
    read(source, state)
    vendor.asked.clear()
    del company.employees[0]
    company.changes["1"] = {"action": "Deleted", "lastChanged": "2026-11-12T08:00:00+00:00"}
    tables = read(source, state)
    assert tables.pop("bamboohr__employees_changed") == [
        {"id": "1", "action": "Deleted", "lastChanged": "2026-11-12T08:00:00+00:00"}
    ]
    assert not any(tables.values())
    assert not any("/tables/" in one.path or one.path.endswith("/employee/1") for one in vendor.asked)


def test_many_changes_are_asked_for_a_hundred_ids_at_a_time(
    source: BambooHR, company: BambooHRCompany, vendor: Vendor
) -> None:
    state: dict[str, Any] = {}
    read(source, state)
    company.page = 80
    company.employees = [employee(str(100 + number)) for number in range(150)]
    company.changes = {
        str(100 + number): {"action": "Updated", "lastChanged": "2026-11-10T08:00:00+00:00"} for number in range(150)
    }
    vendor.asked.clear()
    assert len(read(source, state)["bamboohr__employees"]) == 150
    asked = [len(one.lists["filter[ids][]"]) for one in vendor.asked if "filter[ids][]" in one.lists]
    assert asked == [100, 100, 50]


def test_a_company_without_changes_answers_with_an_empty_list(source: BambooHR, company: BambooHRCompany) -> None:
    company.employees, company.changes = [], {}
    company.tables = {"jobInfo": [], "employmentStatus": []}
    company.training_types = {}
    state: dict[str, Any] = {}
    assert not any(read(source, state).values())


def test_a_field_hidden_from_the_key_everywhere_refuses_the_load(source: BambooHR, company: BambooHRCompany) -> None:
    for one in company.employees:
        one |= {"workEmail": None, "_restrictedFields": ["workEmail", "photoUrl"]}
    with pytest.raises(
        SourceRefused, match="^bamboohr: the user of BAMBOOHR_API_KEY may not see workEmail of employees: "
    ):
        read(source)


def test_a_field_hidden_for_some_lands_as_absent(source: BambooHR, company: BambooHRCompany) -> None:
    company.employees[1] |= {"workEmail": None, "_restrictedFields": ["workEmail"]}
    assert ids(read(source)["bamboohr__employees"], "workEmail")[1] is None


@pytest.mark.parametrize(
    ("path", "answer", "line"),
    [
        (
            "/changed",
            {"latest": "2026-11-01T00:00:00Z"},
            "GET /api/v1/employees/changed answered 200 without 'employees'",
        ),
        (
            "/tables/jobInfo",
            {"rows": []},
            "GET /api/v1/employees/all/tables/jobInfo answered with something that is no list",
        ),
    ],
)
def test_an_answer_of_another_shape_is_one_line(
    source: BambooHR, vendor: Vendor, path: str, answer: dict[str, Any], line: str
) -> None:
    vendor.misbehave(path, Reply(200, answer))
    with pytest.raises(SourceFailed) as failure:
        read(source)
    assert str(failure.value).startswith(f"bamboohr: {line}")


def test_the_api_key_signs_in_as_the_user_name(source: BambooHR, vendor: Vendor) -> None:
    source.check()
    sent = vendor.asked[0].headers["Authorization"].split()[1]
    assert base64.b64decode(sent).decode() == f"{SECRET}:x"


def test_a_server_that_ignores_the_filter_of_ids_does_not_blur_who_changed(
    source: BambooHR, company: BambooHRCompany, vendor: Vendor
) -> None:
    state: dict[str, Any] = {}
    read(source, state)
    company.changes["2"] = {"action": "Updated", "lastChanged": "2026-06-01T00:00:00+00:00"}
    changed = {"latest": "2026-06-01T00:00:00+00:00", "employees": {"2": {"id": "2", **company.changes["2"]}}}
    everybody = {"data": company.employees, "meta": {"page": {"nextCursor": None}}}
    vendor.misbehave("/api/v1/employees", Reply(200, changed), Reply(200, everybody))
    assert ids(read(source, state)["bamboohr__employees"], "employeeId") == ["2"]


def test_an_employee_whose_table_is_not_in_the_answer_keeps_the_rows_landed_before(
    source: BambooHR, company: BambooHRCompany, vendor: Vendor
) -> None:
    state: dict[str, Any] = {}
    read(source, state)
    company.changes["2"] = {"action": "Updated", "lastChanged": "2026-06-01T00:00:00+00:00"}
    vendor.misbehave("/changed/tables/jobInfo", Reply(200, {"table": "jobInfo", "employees": []}))
    assert read(source, state)["bamboohr__job_info"] == []


def test_trainings_land_as_one_set_an_employee_and_those_without_any_get_a_marker(
    source: BambooHR, vendor: Vendor
) -> None:
    tables = read(source)
    assert tables["bamboohr__training_types"] == [{"id": "7", "name": "Root cause analysis"}]
    assert [tuple(row.values()) for row in tables["bamboohr__training_records"]] == [
        ("1", None, None, None),
        ("2", "30", "7", "2025-02-01"),
        ("2", "31", "7", "2026-02-01"),
        ("3", None, None, None),
        ("4", None, None, None),
    ]
    asked = [one.path for one in vendor.asked if "/training/record/" in one.path]
    assert asked == [f"/api/v1/training/record/employee/{number}" for number in (1, 2, 3, 4)]


def test_changed_does_not_tell_of_trainings_so_the_active_are_asked_again_and_a_changed_set_lands_whole(
    source: BambooHR, company: BambooHRCompany, vendor: Vendor
) -> None:
    state: dict[str, Any] = {}
    read(source, state)
    state = json.loads(json.dumps(state))
    vendor.asked.clear()
    company.trainings["1"] = {"40": training(40, 7, "2026-11-20")}
    del company.trainings["2"]["31"]
    company.training_types["8"] = {"id": 8, "name": "Negotiation"}
    # Those who left are not asked again.
    company.trainings["4"] = {"41": training(41, 7, "2026-11-20")}
    tables = read(source, state)
    assert tables["bamboohr__training_types"] == [{"id": "8", "name": "Negotiation"}]
    assert [tuple(row.values()) for row in tables["bamboohr__training_records"]] == [
        ("1", "40", "7", "2026-11-20"),
        ("2", "30", "7", "2025-02-01"),
    ]
    assert not source.is_complete("bamboohr__training_records")
    company.trainings["2"] = {}
    assert read(source, state)["bamboohr__training_records"] == [
        {"employeeId": "2", "id": None, "type": None, "completed": None}
    ]
    assert not any(read(source, state).values())


def test_the_trainings_of_someone_who_changed_are_asked_for_even_after_leaving(
    source: BambooHR, company: BambooHRCompany
) -> None:
    state: dict[str, Any] = {}
    read(source, state)
    company.trainings["4"] = {"41": training(41, 7, "2026-11-20")}
    company.changes["4"] = {"action": "Updated", "lastChanged": "2026-11-20T08:00:00+00:00"}
    assert ids(read(source, state)["bamboohr__training_records"]) == ["41"]


@pytest.mark.parametrize("status_code", [403, 404])
def test_trainings_that_the_key_may_not_see_are_left_out_and_that_is_said(
    source: BambooHR, vendor: Vendor, status_code: int
) -> None:
    vendor.misbehave("/training/", Reply(status_code, b""), Reply(status_code, b""))
    state: dict[str, Any] = {}
    tables = read(source, state)
    assert tables["bamboohr__employees"]
    for table, path in (
        ("bamboohr__training_types", "/api/v1/training/type"),
        ("bamboohr__training_records", "/api/v1/training/record/employee/1"),
    ):
        assert tables[table] == []
        assert not source.is_complete(table)
        reason = source.left_out(table) or ""
        assert reason.startswith("left out: bamboohr: ") and path in reason and str(status_code) in reason
    # Once they may be seen, all of them land.
    assert len(read(source, state)["bamboohr__training_records"]) == 5
    assert source.left_out("bamboohr__training_records") is None
    assert source.is_complete("bamboohr__training_records")


def test_one_employee_whose_trainings_are_hidden_does_not_hide_the_others(source: BambooHR, vendor: Vendor) -> None:
    vendor.misbehave("/training/record/employee/3", Reply(403, b""))
    assert ids(read(source)["bamboohr__training_records"], "employeeId") == ["1", "2", "2", "4"]
    assert source.left_out("bamboohr__training_records") == "left out: 1 of 4 whose trainings are hidden"
    # All that there is to see was read: what it shows counts from its own day.
    assert source.is_complete("bamboohr__training_records")


def test_trainings_that_fail_otherwise_fail_the_load(source: BambooHR, vendor: Vendor) -> None:
    vendor.misbehave("/training/record", *[Reply(500, b"")] * HURRIED.attempts)
    with pytest.raises(SourceFailed, match="training/record/employee/1 answered 500 in 4 attempts"):
        read(source)


def test_no_deprecated_report_directory_or_pay_table_is_asked_for(source: BambooHR, vendor: Vendor) -> None:
    state: dict[str, Any] = {}
    read(source, state)
    read(source, state)
    asked = " ".join(vendor.paths())
    assert not any(
        word in asked for word in ("reports", "datasets", "directory", "compensation", "gateway.php", "POST")
    )


def test_a_refused_key_with_an_empty_body_is_still_one_line(source: BambooHR, vendor: Vendor) -> None:
    vendor.misbehave("/employees", Reply(401, b"", {"X-BambooHR-Error-Message": "private detail"}))
    with pytest.raises(SourceRefused) as refusal:
        source.check()
    assert "BAMBOOHR_API_KEY was refused (401 at GET /api/v1/employees)" in str(refusal.value)
    assert "private" not in str(refusal.value)


@pytest.mark.parametrize("answered", [503, 429])
def test_too_fast_is_503_until_september_2026_and_429_since_both_with_retry_after(
    source: BambooHR, vendor: Vendor, answered: int
) -> None:
    vendor.misbehave("/training/record", Reply(answered, b"", {"Retry-After": "1"}))
    started = time.monotonic()
    assert read(source)["bamboohr__training_records"]
    assert time.monotonic() - started >= 1.0
