"""BambooHR's allow-list, histories, changes and deletions, against a loopback company."""

import base64
import json
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


def test_if_nobody_changed_nothing_else_is_requested(source: BambooHR, vendor: Vendor) -> None:
    state: dict[str, Any] = {}
    read(source, state)
    state = json.loads(json.dumps(state))
    vendor.asked.clear()
    assert not any(read(source, state).values())
    assert [(one.path, one.query) for one in vendor.asked] == [
        ("/api/v1/employees/changed", {"since": "2026-11-04T08:00:00+00:00"})
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
    asked = [one.lists["filter[ids][]"] for one in vendor.asked if one.path == "/api/v1/employees"]
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
    assert len(vendor.asked) == 1


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
    asked = [len(one.lists["filter[ids][]"]) for one in vendor.asked if one.path == "/api/v1/employees"]
    assert asked == [100, 100, 50]


def test_a_company_without_changes_answers_with_an_empty_list(source: BambooHR, company: BambooHRCompany) -> None:
    company.employees, company.changes = [], {}
    company.tables = {"jobInfo": [], "employmentStatus": []}
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
