"""Serves the vendors' own examples over loopback, to hold the connectors against documents nobody here wrote.

The documents lie beside the repository and are no part of it; a test that wants them is skipped where they are missing.
BambooHR gives examples for its employee list alone. The rest is written by hand here and must pass the official schema.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from tests.sources.vendors import Asked, Reply, Vendor, serving

SPECS = Path(__file__).resolve().parents[3] / "shared" / "specs"

needs_official_examples = pytest.mark.skipif(
    not SPECS.is_dir(), reason="the vendors' specifications do not lie beside the repository, in shared/specs"
)

CHANGED = {
    "latest": "2026-04-03T10:00:00+00:00",
    "employees": {
        "123": {"id": "123", "action": "Inserted", "lastChanged": "2026-04-01T10:00:00+00:00"},
        "124": {"id": "124", "action": "Updated", "lastChanged": "2026-04-02T10:00:00+00:00"},
        "999": {"id": "999", "action": "Deleted", "lastChanged": "2026-04-03T10:00:00+00:00"},
    },
}
ROWS = {
    "jobInfo": [
        {
            "id": "1",
            "employeeId": "123",
            "date": "2024-02-01",
            "location": "Lindon",
            "department": "Engineering",
            "division": "North America",
            "jobTitle": "Engineering Manager",
            "reportsTo": "Sam Park",
        }
    ],
    "employmentStatus": [
        {"id": "2", "employeeId": "124", "date": "2023-05-01", "employmentStatus": "Full-Time", "comment": ""}
    ],
}

TRAINING_TYPES = {"18": {"id": 18, "name": "Root cause analysis", "renewable": False, "required": None, "category": []}}
TRAININGS: dict[str, Any] = {
    "123": {
        "42": {
            "id": 42,
            "employeeId": "123",
            "completed": "2026-02-03",
            "notes": "passed",
            "instructor": None,
            "credits": None,
            "hours": "8.00",
            "cost": "50.00 USD",
            "type": "18",
        }
    }
}


@contextmanager
def official_zendesk() -> Iterator[Vendor]:
    """Every example of the Zendesk document under its path; a ticket gets the document's example of a metric set."""

    def answer(asked: Asked) -> Any:
        if asked.path not in _zendesk_examples():
            return Reply(404, {"error": "InvalidEndpoint", "description": "Not found"})
        example = json.loads(json.dumps(_zendesk_examples()[asked.path]))
        if asked.query.get("include") == "metric_sets":
            # The document has no example with the side-load; its shape is that of the metrics' own endpoint.
            metric_set = _zendesk_examples()["/api/v2/ticket_metrics"]["ticket_metrics"][0]
            example["metric_sets"] = [{**metric_set, "ticket_id": example["tickets"][0]["id"]}]
        return example

    with serving(answer) as vendor:
        yield vendor


@contextmanager
def official_bamboohr() -> Iterator[Vendor]:
    """The employee list in two pages, the document's two examples, and schema-valid changes, tables and trainings."""
    _valid("/api/v1/employees/changed", CHANGED)
    for rows in ROWS.values():
        _valid("/api/v1/employees/{id}/tables/{table}", rows)
    _valid("/api/v1/training/type", TRAINING_TYPES)
    for records in (TRAININGS["123"], []):
        _valid("/api/v1/training/record/employee/{employeeId}", records)
    first, last = (_bamboohr_list_examples()[name]["value"] for name in ("basic", "batchByIds"))

    def answer(asked: Asked) -> Any:
        if asked.path == "/api/v1/employees":
            is_first = asked.query.get("filter[status]") != "inactive" and "page[after]" not in asked.query
            return first if is_first else last
        if asked.path == "/api/v1/employees/changed":
            return CHANGED
        if asked.path == "/api/v1/training/type":
            return TRAINING_TYPES
        if asked.path.startswith("/api/v1/training/record/employee/"):
            return TRAININGS.get(asked.path.split("/")[-1], [])
        table = asked.path.removeprefix("/api/v1/employees/all/tables/")
        return ROWS[table] if table in ROWS else Reply(404, b"")

    with serving(answer) as vendor:
        yield vendor


@cache
def _zendesk_examples() -> dict[str, Any]:
    examples = [json.loads(file.read_text()) for file in sorted((SPECS / "zendesk_examples").glob("*.json"))]
    return {example["path"]: example["response_200"] for example in examples}


@cache
def _bamboohr_document() -> dict[str, Any]:
    document: dict[str, Any] = yaml.load((SPECS / "bamboohr-public-openapi.yaml").read_text(), yaml.CSafeLoader)
    return document


def _bamboohr_answer(path: str) -> dict[str, Any]:
    content: dict[str, Any] = _bamboohr_document()["paths"][path]["get"]["responses"]["200"]
    if "$ref" in content:
        content = _bamboohr_document()["components"]["responses"][content["$ref"].split("/")[-1]]
    return content["content"]["application/json"]


def _bamboohr_list_examples() -> dict[str, Any]:
    return _bamboohr_answer("/api/v1/employees")["examples"]


def _valid(path: str, answer: Any) -> None:
    schema = {**_bamboohr_answer(path)["schema"], "components": _bamboohr_document()["components"]}
    jsonschema.validate(answer, schema)
