"""Landings written by hand for one customer, Acme (`hubspot:1`), won on 2024-01-10 for a year at 1,000."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

from tests.dbt.landing_writer import Row, land
from tests.reference.naive_mart import NaiveMart

SEEDS = Path(__file__).parents[2] / "seeds"
ACME = "hubspot:1"
WON_ON = "2024-01-10"
PIPELINE = {
    "id": "default",
    "label": "New Business",
    "createdAt": "2020-01-01T00:00:00Z",
    "updatedAt": "2020-01-01T00:00:00Z",
    "archived": "false",
    "stages": [{"id": "won", "metadata": {"isClosed": "true", "probability": "1.0"}}],
}
OWNER = {"id": "7", "email": "ann@us.example", "firstName": "Ann", "lastName": "Lee", "archived": "false"}
AGENT = {"id": "70", "email": "ann@us.example", "role": "agent", "name": "Ann Lee"}
END_USER = {"id": "80", "email": "eve@acme.example", "role": "end-user", "name": "Eve"}
ORGANIZATION = {"id": "90", "external_id": "1", "domain_names": []}
ANN = {
    "employeeId": "5",
    "firstName": "Ann",
    "lastName": "Lee",
    "workEmail": "Ann@us.example",
    "hireDate": "2020-01-01",
}


def record(key: int, properties: Row, *, created: str = WON_ON, **fields: Any) -> Row:
    """A HubSpot record; `companies` and `contacts` in the fields are ids that it is associated with."""
    linked = {
        kind: [{"toObjectId": other, "associationTypes": []} for other in fields.pop(kind)]
        for kind in ("companies", "contacts", "deals")
        if kind in fields
    }
    row = {
        "id": str(key),
        "properties": properties,
        "createdAt": f"{created}T00:00:00Z",
        "updatedAt": f"{created}T00:00:00Z",
        "archived": "false",
        **fields,
    }
    return {**row, "associations": linked} if linked else row


def call(key: int, on: str, **properties: str) -> Row:
    """A call held with Acme, recorded on its own day."""
    held = {"hs_timestamp": f"{on}T10:00:00Z", "hs_call_status": "COMPLETED", "hs_call_direction": "OUTBOUND"}
    return record(key, {**held, **properties}, created=on, companies=[1])


def note(key: int, on: str, body: str) -> Row:
    return record(key, {"hs_timestamp": f"{on}T10:00:00Z", "hs_note_body": body}, created=on, companies=[1])


def contact(key: int, **properties: str) -> Row:
    return record(key, properties, companies=[1])


def ticket(key: int, on: str, **fields: Any) -> Row:
    """An incident of Acme's, submitted by its end user at noon."""
    return {
        "id": str(key),
        "type": "incident",
        "status": "open",
        "tags": [],
        "via": {"channel": "web"},
        "requester_id": "80",
        "submitter_id": "80",
        "organization_id": "90",
        "created_at": f"{on}T12:00:00Z",
        "updated_at": f"{on}T12:00:00Z",
        **fields,
    }


def ticket_event(key: int, ticket_id: int, at: str, *children: Row) -> Row:
    numbered = [{"id": key * 10 + number, **child} for number, child in enumerate(children)]
    return {"id": str(key), "ticket_id": str(ticket_id), "created_at": at, "child_events": numbered}


def change(**fields: Any) -> Row:
    return {"event_type": "Change", **fields}


def comment(author: int, body: str, *, public: bool = True) -> Row:
    return {"event_type": "Comment", "author_id": author, "body": body, "public": public}


def metric_event(key: int, metric: str, kind: str, at: str, sla: Row | None = None) -> Row:
    event = {"id": str(key), "ticket_id": "100", "metric": metric, "instance_id": "1", "type": kind, "time": at}
    return {**event, "sla": sla, "deleted": "false"}


def acme(
    data_dir: Path,
    as_of: str,
    *,
    company: Row | None = None,
    hr: dict[str, list[Row]] | None = None,
    **tables: Iterable[Row],
) -> NaiveMart:
    """The naive mart of Acme with what the named landing tables hold besides, all read on the as-of day."""
    deal = {
        "pipeline": "default",
        "dealstage": "won",
        "closedate": f"{WON_ON}T00:00:00Z",
        "amount": "1000",
        "hubspot_owner_id": "7",
    }
    hubspot: dict[str, list[Row]] = {
        "hubspot__companies": [record(1, {"name": "Acme", "domain": "acme.example"}, **(company or {}))],
        "hubspot__deals": [record(2, deal, companies=[1])],
        "hubspot__deal_pipelines": [PIPELINE],
        "hubspot__owners": [OWNER],
    }
    zendesk: dict[str, list[Row]] = {"zendesk__users": [AGENT, END_USER], "zendesk__organizations": [ORGANIZATION]}
    bamboohr: dict[str, list[Row]] = {
        "bamboohr__employees": [ANN],
        "bamboohr__job_info": [
            {"employeeId": "5", "date": "2020-01-01", "department": "Customer Success", "jobTitle": "CSM"}
        ],
        **(hr or {}),
    }
    for name, rows in tables.items():
        system = hubspot if name.startswith("hubspot") else zendesk
        system[name] = [*system.get(name, []), *rows]
    for load_id, system in enumerate((hubspot, zendesk, bamboohr), start=1):
        written = {name: list(json.loads(json.dumps(rows))) for name, rows in system.items()}
        land(data_dir, f"{load_id}.0", as_of, written, is_complete=True)
    return NaiveMart(data_dir, SEEDS, date.fromisoformat(as_of))


def month(mart: NaiveMart, which: str) -> Row:
    """Acme's row of a month (`2024-06`)."""
    found = mart.table("customer_months")
    found = found[found["month"] == date.fromisoformat(f"{which}-01")]
    assert len(found) == 1
    return {str(name): value for name, value in found.iloc[0].items()}


def only(mart: NaiveMart, table: str) -> Row:
    """The single row of a table."""
    found = mart.table(table)
    assert len(found) == 1
    return {str(name): value for name, value in found.iloc[0].items()}
