"""The HR system's API on the loopback server: paging, changes, tables by effective date, and what it gives away."""

from datetime import timedelta

import requests

from dagster_project.demo.company import World
from dagster_project.demo.server import DemoServer
from dagster_project.demo.timeline import end_of
from tests.demo.naive_client import Client

EMPLOYEES = "/api/v1/employees"


def test_a_naive_reader_gets_every_employee_once(client: Client, company: World) -> None:
    ids, query = [], {"page[limit]": 30}
    while True:
        body = client.get("bamboohr", EMPLOYEES, **query).json()
        ids.extend(row["employeeId"] for row in body["data"])
        cursor = body["meta"]["page"]["nextCursor"]
        if cursor is None:
            break
        assert isinstance(cursor, int)
        assert f"={cursor}" in body["_links"]["next"]["href"]
        query["page[after]"] = cursor
    at = end_of(company.as_of)
    assert ids == [
        str(e.record.id) for e in company.employees if e.record.created_at <= at and not e.record.is_archived_at(at)
    ]
    assert body["meta"]["total"] == len(ids)


def test_fields_come_when_asked_for_and_private_ones_unasked(client: Client) -> None:
    plain = client.get("bamboohr", EMPLOYEES).json()["data"][0]
    assert set(plain) == {
        "employeeId", "firstName", "lastName", "preferredName", "photoUrl", "jobTitleName", "status",
        "_restrictedFields",
        "birthDate", "address1", "city", "payRate", "homeEmail", "mobilePhone", "gender",
    }  # fmt: skip
    fields = "workEmail,hireDate,birthDate,payRate,reportsToId"
    wide = client.get("bamboohr", EMPLOYEES, fields=fields).json()["data"][0]
    assert set(wide) - set(plain) == {"workEmail", "hireDate", "reportsToId"}
    assert wide["birthDate"]


def test_employees_are_fetched_by_id_in_either_form_and_filtered_by_status(client: Client) -> None:
    for query in ({"filter[ids]": "101,103"}, {"filter[ids][]": ["101", "103"]}):
        rows = client.get("bamboohr", EMPLOYEES, **query).json()["data"]
        assert [row["employeeId"] for row in rows] == ["101", "103"]
    gone = client.get("bamboohr", EMPLOYEES, **{"filter[status]": "inactive"}).json()["data"]
    assert gone
    assert {row["status"] for row in gone} == {"Inactive"}


def test_a_wrong_page_or_filter_is_a_bad_request(client: Client) -> None:
    for query in ({"page[limit]": 2_501}, {"page[after]": "x"}, {"filter[status]": "gone"}):
        answer = client.get("bamboohr", EMPLOYEES, **query)
        assert answer.status_code == 400
        assert answer.json()["error"]["code"] in ("BadRequest", "BadPage")


def test_changes_tell_of_inserted_updated_and_deleted_employees(
    client: Client, server: DemoServer, company: World
) -> None:
    since = f"{company.as_of.isoformat()}T23:59:59+00:00"
    path = f"{EMPLOYEES}/changed"
    nothing = client.get("bamboohr", path, since=since).json()
    assert nothing == {"latest": since, "employees": {}}
    server.clock = company.as_of + timedelta(days=30)
    body = client.get("bamboohr", path, since=since).json()
    actions = {change["action"] for change in body["employees"].values()}
    assert {"Updated", "Deleted"} <= actions
    assert body["latest"] == max(change["lastChanged"] for change in body["employees"].values())
    deleted = [n for n, change in body["employees"].items() if change["action"] == "Deleted"]
    assert client.get("bamboohr", path, since=since, type="deleted").json()["employees"].keys() == set(deleted)
    assert client.get("bamboohr", f"{EMPLOYEES}/{deleted[0]}/tables/jobInfo").status_code == 404
    earlier = client.get("bamboohr", path, since="2026-10-01T00:00:00Z").json()
    assert "Inserted" in {change["action"] for change in earlier["employees"].values()}
    assert client.get("bamboohr", path).status_code == 400


def test_tables_hold_future_rows_and_more_than_anybody_should_land(client: Client, company: World) -> None:
    statuses = client.get("bamboohr", f"{EMPLOYEES}/all/tables/employmentStatus").json()
    assert any(row["date"] > company.as_of.isoformat() for row in statuses)
    assert {"id", "employeeId", "date", "employmentStatus", "comment", "terminationReasonId"} <= statuses[0].keys()
    jobs = client.get("bamboohr", f"{EMPLOYEES}/all/tables/jobInfo").json()
    assert {"department", "jobTitle", "location", "division", "reportsTo"} <= jobs[0].keys()
    assert [row["id"] for row in jobs] != sorted((row["id"] for row in jobs), key=int)
    assert client.get("bamboohr", f"{EMPLOYEES}/all/tables/compensation").json()[0]["rate"]
    assert client.get("bamboohr", f"{EMPLOYEES}/all/tables/shoeSizes").status_code == 404


def test_a_changed_table_gives_all_rows_of_everybody_who_changed(
    client: Client, server: DemoServer, company: World
) -> None:
    server.clock = company.as_of + timedelta(days=20)
    since = f"{company.as_of.isoformat()}T23:59:59Z"
    body = client.get("bamboohr", f"{EMPLOYEES}/changed/tables/employmentStatus", since=since).json()
    assert body["table"] == "employmentStatus"
    everything = client.get("bamboohr", f"{EMPLOYEES}/all/tables/employmentStatus").json()
    for number, change in body["employees"].items():
        assert len(change["rows"]) == sum(row["employeeId"] == number for row in everything)
    leaver = str(company.staff.cast["sales leaver"].record.id)
    corrected = [r["date"] for r in body["employees"][leaver]["rows"] if r["employmentStatus"] == "Terminated"]
    assert corrected == [(company.as_of + timedelta(days=3)).isoformat()]


def test_a_wrong_key_has_an_empty_body_and_its_reason_in_a_header(server: DemoServer) -> None:
    answer = requests.get(server.bamboohr_url + EMPLOYEES, auth=("wrong", "x"), timeout=5)
    assert (answer.status_code, answer.content) == (401, b"")
    assert answer.headers["X-BambooHR-Error-Message"]


def test_without_asking_for_json_the_answer_is_xml(server: DemoServer) -> None:
    answer = requests.get(server.bamboohr_url + EMPLOYEES, auth=(server.credentials.bamboohr_api_key, "x"), timeout=5)
    assert answer.headers["Content-Type"].startswith("application/xml")
    assert answer.text.startswith("<?xml")


def test_trainings_are_asked_for_one_by_one_and_none_is_an_empty_array(client: Client, company: World) -> None:
    at = end_of(company.as_of)
    types = client.get("bamboohr", "/api/v1/training/type").json()
    assert types["11"]["name"] == "Machine safety"
    shapes = set()
    for employee in company.employees:
        if employee.record.created_at > at or employee.record.is_archived_at(at):
            continue
        number = employee.record.id
        records = client.get("bamboohr", f"/api/v1/training/record/employee/{number}").json()
        known = [t for t in company.trainings if t.employee_id == number and t.entered_at <= at]
        assert len(records) == len(known)
        shapes.add(type(records))
        if known:
            assert all(records[str(t.id)]["completed"] == t.completed_on.isoformat() for t in known)
    assert shapes == {dict, list}
    assert client.get("bamboohr", "/api/v1/training/record/employee/99999").status_code == 404
