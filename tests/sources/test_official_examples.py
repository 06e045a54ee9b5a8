"""The vendors' own examples, read by the connectors to the rows that land."""

import json

from dagster_project.sources.bamboohr import BambooHR
from dagster_project.sources.zendesk import Zendesk
from tests.sources.official import needs_official_examples, official_bamboohr, official_zendesk
from tests.sources.reading import HURRIED, ids, read
from tests.sources.vendors import SECRET


@needs_official_examples
def test_zendesks_examples_land_as_zendesk_wrote_them() -> None:
    with official_zendesk() as vendor:
        source = Zendesk(base_url=vendor.url, oauth_token=SECRET, patience=HURRIED)
        source.check()
        tables = read(source)
    (ticket,) = tables["zendesk__tickets"]
    (organization,) = tables["zendesk__organizations"]
    (user,) = tables["zendesk__users"]
    assert {name: ticket[name] for name in ("id", "status", "priority", "type", "organization_id", "created_at")} == {
        "id": "35436",
        "status": "open",
        "priority": "high",
        "type": "incident",
        "organization_id": "509974",
        "created_at": "2009-07-20T22:55:29Z",
    }
    assert ticket["subject"] == "Help, my printer is on fire!"
    assert json.loads(ticket["tags"] or "") == ["enterprise", "other_tag"]
    assert json.loads(ticket["metric_set"] or "")["solved_at"] == "2020-07-20T06:21:26Z"
    assert json.loads(ticket["other_fields"] or "")["raw_subject"] == "{{dc.printer_on_fire}}"
    assert (organization["external_id"], organization["domain_names"]) == ("ABC198", '["remain.com"]')
    assert (user["email"], user["role"], user["active"]) == ("johnny@example.com", "agent", "true")
    assert [(one["id"], one["name"]) for one in tables["zendesk__groups"]] == [("211", "DJs"), ("122", "MCs")]
    (policy,) = tables["zendesk__sla_policies"]
    assert json.loads(policy["policy_metrics"] or "") == [
        {"business_hours": False, "metric": "first_reply_time", "priority": "low", "target": 60}
    ]
    assert json.loads(policy["filter"] or "")["all"][0]["value"] == "incident"
    assert [(one["metric"], one["type"], one["time"]) for one in tables["zendesk__ticket_metric_events"]] == [
        ("agent_work_time", "measure", "2020-10-26T12:53:12Z"),
        ("agent_work_time", "activate", "2020-10-26T12:53:12Z"),
        ("pausable_update_time", "measure", "2020-10-26T12:53:12Z"),
    ]
    assert [(one["ticket_id"], one["score"], one["comment"]) for one in tables["zendesk__satisfaction_ratings"]] == [
        ("208", "good", "Awesome support!"),
        ("209", "good", "Awesome support!"),
    ]
    # The document shows a metric event among the ticket events.
    assert [(one["id"], one["ticket_id"]) for one in tables["zendesk__ticket_events"]] == [("926256957613", "155")]


@needs_official_examples
def test_bamboohrs_examples_land_within_the_allow_list() -> None:
    with official_bamboohr() as vendor:
        source = BambooHR(base_url=vendor.url, api_key=SECRET, patience=HURRIED)
        source.check()
        tables = read(source)
    employees = tables["bamboohr__employees"]
    assert [(one["employeeId"], one["firstName"], one["lastName"]) for one in employees] == [
        ("123", "Ava", "Nguyen"),
        ("124", "Sam", "Park"),
        ("200", "Lena", "Smith"),
        ("207", "Marco", "Lee"),
    ]
    assert "photo" not in json.dumps(tables)
    assert [(one["id"], one["action"]) for one in tables["bamboohr__employees_changed"]] == [
        ("123", "Inserted"),
        ("124", "Updated"),
        ("999", "Deleted"),
    ]
    assert tables["bamboohr__job_info"][0] == {
        "employeeId": "123",
        "date": "2024-02-01",
        "department": "Engineering",
        "jobTitle": "Engineering Manager",
    }
    assert ids(tables["bamboohr__job_info"], "employeeId") == ["123", "124", "200", "207"]
    assert ids(tables["bamboohr__employment_status"], "date") == ["2023-05-01", None, None, None]
    assert tables["bamboohr__training_types"] == [{"id": "18", "name": "Root cause analysis"}]
    assert [tuple(one.values()) for one in tables["bamboohr__training_records"]] == [
        ("123", "42", "18", "2026-02-03"),
        ("124", None, None, None),
        ("200", None, None, None),
        ("207", None, None, None),
    ]


@needs_official_examples
def test_the_requests_are_those_of_the_documents() -> None:
    with official_zendesk() as vendor:
        read(Zendesk(base_url=vendor.url, oauth_token=SECRET, patience=HURRIED))
    assert [(one.path, one.query) for one in vendor.asked] == [
        ("/api/v2/incremental/organizations", {"start_time": "0"}),
        ("/api/v2/incremental/users/cursor", {"start_time": "0"}),
        ("/api/v2/groups", {"page[size]": "100"}),
        ("/api/v2/slas/policies", {}),
        ("/api/v2/incremental/tickets/cursor", {"start_time": "0", "include": "metric_sets"}),
        ("/api/v2/incremental/ticket_events", {"start_time": "0", "include": "comment_events"}),
        ("/api/v2/incremental/ticket_metric_events", {"start_time": "0"}),
        ("/api/v2/satisfaction_ratings", {"start_time": "0", "page[size]": "100"}),
    ]
