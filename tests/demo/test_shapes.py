"""The server's answers against the vendors' own specifications."""

import json
from pathlib import Path
from typing import Any

import pytest

from dagster_project.demo.server import DemoServer
from tests.demo.naive_client import Client

jsonschema = pytest.importorskip("jsonschema", reason="jsonschema is a development dependency")
yaml = pytest.importorskip("yaml", reason="pyyaml is a development dependency")

SPECS = Path(__file__).parents[3] / "shared" / "specs"
pytestmark = pytest.mark.skipif(not SPECS.is_dir(), reason="the vendors' specifications are not beside this repository")


@pytest.fixture(scope="module")
def zendesk() -> dict[str, Any]:
    document: dict[str, Any] = json.loads((SPECS / "zendesk-support-oas.json").read_text())
    # The document knows no deleted tickets, which real streams are full of.
    document["components"]["schemas"]["TicketObject"]["properties"]["status"]["enum"].append("deleted")
    return document


@pytest.fixture(scope="module")
def bamboohr() -> dict[str, Any]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    document: dict[str, Any] = yaml.load((SPECS / "bamboohr-public-openapi.yaml").read_text(), Loader=loader)
    return document


def without_nulls(value: Any) -> Any:
    """Zendesk's document marks few fields as nullable, while real answers are full of nulls."""
    if isinstance(value, dict):
        return {name: without_nulls(item) for name, item in value.items() if item is not None}
    if isinstance(value, list):
        return [without_nulls(item) for item in value if item is not None]
    return value


def assert_fits(document: dict[str, Any], schema: dict[str, Any], answer: Any) -> None:
    """Zendesk's is an OpenAPI 3.0 document, BambooHR's a 3.1, whose schemas are JSON Schema itself."""
    is_older = str(document["openapi"]).startswith("3.0")
    validate = jsonschema.Draft4Validator if is_older else jsonschema.Draft202012Validator
    validator = validate({**schema, "components": document["components"]})
    problems = validator.iter_errors(without_nulls(answer) if is_older else answer)
    problems = [f"{list(problem.absolute_path)}: {problem.message}"[:300] for problem in problems]
    assert problems == []


def schema_of(document: dict[str, Any], path: str) -> dict[str, Any]:
    schema: dict[str, Any] = document["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    return schema


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/api/v2/incremental/tickets/cursor", {"start_time": 0, "include": "metric_sets"}),
        ("/api/v2/incremental/users/cursor", {"start_time": 0}),
        ("/api/v2/incremental/organizations", {"start_time": 0}),
        ("/api/v2/incremental/ticket_metric_events", {"start_time": 0}),
        ("/api/v2/incremental/ticket_metric_events", {"start_time": 0, "page[size]": 100}),
        ("/api/v2/slas/policies", {}),
        ("/api/v2/groups", {"page[size]": 100}),
        ("/api/v2/satisfaction_ratings", {"page[size]": 100}),
    ],
)
def test_exports_fit_zendesks_specification(
    client: Client, zendesk: dict[str, Any], path: str, query: dict[str, Any]
) -> None:
    assert_fits(zendesk, schema_of(zendesk, path), client.get("zendesk", path, **query).json())


def test_ticket_events_fit_zendesks_specification_but_for_their_rows(client: Client, zendesk: dict[str, Any]) -> None:
    """The document shows the rows of another export in this one's place."""
    path = "/api/v2/incremental/ticket_events"
    answer = client.get("zendesk", path, start_time=0, include="comment_events").json()
    assert_fits(zendesk, schema_of(zendesk, path), {**answer, "ticket_events": []})
    audit = zendesk["components"]["schemas"]["TicketAuditObject"]["properties"]
    event = answer["ticket_events"][0]
    assert {"id", "ticket_id", "created_at", "via", "metadata"} <= audit.keys() & event.keys()
    assert event["event_type"] == "Audit"


def test_metric_sets_fit_zendesks_specification(client: Client, zendesk: dict[str, Any]) -> None:
    query = {"start_time": 0, "include": "metric_sets", "per_page": 100}
    metric_sets = client.get("zendesk", "/api/v2/incremental/tickets/cursor", **query).json()["metric_sets"]
    schema = {"type": "array", "items": {"$ref": "#/components/schemas/TicketMetricObject"}}
    assert_fits(zendesk, schema, metric_sets)
    assert metric_sets[0].keys() <= zendesk["components"]["schemas"]["TicketMetricObject"]["properties"].keys()


@pytest.mark.parametrize(
    ("name", "path"),
    [("ShowTicketMetrics", None), ("IncrementalOrganizationExport", "/api/v2/incremental/organizations"),
     ("IncrementalTicketExportCursor", "/api/v2/incremental/tickets/cursor"),
     ("ListTicketMetricEvents", "/api/v2/incremental/ticket_metric_events"),
     ("ListSLAPolicies", "/api/v2/slas/policies"),
     ("ListGroups", "/api/v2/groups"), ("ListSatisfactionRatings", "/api/v2/satisfaction_ratings")],
)  # fmt: skip
def test_answers_have_the_fields_of_zendesks_own_examples(client: Client, name: str, path: str | None) -> None:
    example = json.loads((SPECS / "zendesk_examples" / f"{name}.json").read_text())["response_200"]
    if path is None:
        query = {"start_time": 0, "include": "metric_sets", "per_page": 1}
        ours = client.get("zendesk", "/api/v2/incremental/tickets/cursor", **query).json()["metric_sets"][0]
        theirs = example["ticket_metric"][0]
        assert theirs.keys() - ours.keys() == {"reply_time_in_seconds"}
        return
    body = client.get("zendesk", path, start_time=0).json()
    assert example.keys() <= body.keys()
    records = next(name for name, value in example.items() if isinstance(value, list))
    assert example[records][0].keys() <= body[records][0].keys()


@pytest.mark.parametrize(
    ("path", "query"),
    [
        (
            "/api/v1/employees",
            {"page[limit]": 40, "fields": "workEmail,hireDate,reportsToId,departmentName,employmentStatusName"},
        ),
        ("/api/v1/employees/changed", {"since": "2026-01-01T00:00:00Z"}),
        ("/api/v1/employees/all/tables/jobInfo", {}),
        ("/api/v1/employees/all/tables/employmentStatus", {}),
        ("/api/v1/employees/changed/tables/jobInfo", {"since": "2026-01-01T00:00:00Z"}),
        ("/api/v1/training/type", {}),
        ("/api/v1/training/record/employee/105", {}),
        ("/api/v1/training/record/employee/101", {}),
    ],
)
def test_answers_fit_bamboohrs_specification(
    client: Client, bamboohr: dict[str, Any], path: str, query: dict[str, Any]
) -> None:
    template = (
        path.replace("/all/tables/", "/{id}/tables/")
        .replace("jobInfo", "{table}")
        .replace("employmentStatus", "{table}")
        .replace("employee/105", "employee/{employeeId}")
        .replace("employee/101", "employee/{employeeId}")
    )
    answer = client.get("bamboohr", path, **query).json()
    # The specification writes the cursor as text; the live API sends an integer, as its own request parameter has it.
    if path == "/api/v1/employees":
        assert isinstance(answer["meta"]["page"]["nextCursor"], int)
        answer["meta"]["page"]["nextCursor"] = str(answer["meta"]["page"]["nextCursor"])
    assert_fits(bamboohr, schema_of(bamboohr, template), answer)


def test_bad_requests_fit_bamboohrs_specification(server: DemoServer, client: Client, bamboohr: dict[str, Any]) -> None:
    answer = client.get("bamboohr", "/api/v1/employees", **{"page[limit]": 0})
    schema = {"$ref": "#/components/schemas/Employee-StringCodeErrorResponse-V1"}
    assert_fits(bamboohr, schema, answer.json())
