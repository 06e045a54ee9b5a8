"""Landings written by hand for one customer, Acme (`hubspot:1`), won on 2024-01-10 for a year at 1,000."""

from __future__ import annotations

import csv
import json
import shutil
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


def driver(name: str, column: str, good_at: float, bad_at: float, weight: float = 1.0, **fields: str) -> Row:
    """A driver of the health score, told by the CRM and in no part of the confusion index unless said."""
    return {
        "driver": name,
        "column": column,
        "needs": "crm",
        "pillar": "touches",
        "good_at": good_at,
        "bad_at": bad_at,
        "weight": weight,
        "in_confusion": "",
        **fields,
    }


def dropped(key: str, **fields: str) -> Row:
    """A row of a dropped file about Acme."""
    place = {"record_id": key, "file_name": "rows.csv", "file_hash": "0", "row_number": key}
    return {**place, "customer_id": ACME, **fields}


def write_seeds(folder: Path, decisions: dict[str, list[Row]]) -> Path:
    """The shipped seeds with the drivers, overrides and links that a test decides on in place of the shipped ones."""
    for shipped in ("identity", "rates"):
        shutil.copytree(SEEDS / shipped, folder / shipped)
    link = ["source_system", "source_object", "source_record_id", "decision", "reason"]
    columns = {
        "health/health_drivers": list(driver("", "", 0, 1)),
        "health/health_overrides": ["customer_id", "band", "reason", "set_on", "expires_on"],
        "actions/recorded_outcomes": ["customer_id", "driver", "outcome", "reason", "recorded_by", "recorded_on"],
        "identity/customer_links": [*link, "customer_id"],
        "identity/employee_links": [*link, "employee_id"],
    }
    for path, names in columns.items():
        file = folder / f"{path}.csv"
        file.parent.mkdir(exist_ok=True)
        with file.open("w", encoding="utf-8", newline="") as opened:
            writer = csv.DictWriter(opened, names)
            writer.writeheader()
            writer.writerows(decisions.get(file.stem, []))
    return folder


def acme(
    data_dir: Path,
    as_of: str,
    *,
    company: Row | None = None,
    hr: dict[str, list[Row]] | None = None,
    decisions: dict[str, list[Row]] | None = None,
    first_on: str | None = None,
    later: Iterable[tuple[str, dict[str, list[Row]]]] = (),
    **tables: Iterable[Row],
) -> NaiveMart:
    """The naive mart of Acme with what the named landing tables hold besides.

    Everything is read on `first_on` (else the as-of day), and of what is `later` each day's tables on that day.
    `decisions` are rows of seeds by their name.
    """
    deal = {
        "pipeline": "default",
        "dealstage": "won",
        "closedate": f"{WON_ON}T00:00:00Z",
        "amount": "1000",
        "hubspot_owner_id": "7",
    }
    about = dict(company or {})
    properties = {"name": "Acme", "domain": "acme.example", **about.pop("properties", {})}
    hubspot: dict[str, list[Row]] = {
        "hubspot__companies": [record(1, properties, **about)],
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
    files: dict[str, list[Row]] = {}
    systems = {"hubspot": hubspot, "zendesk": zendesk, "bamboohr": bamboohr, "files": files}
    for name, rows in tables.items():
        system = systems[name.split("__")[0]]
        system[name] = [*system.get(name, []), *rows]
    loads = [(first_on or as_of, system, True) for system in systems.values() if system]
    loads += [(on, system, False) for on, system in later]
    for load_id, (on, system, is_complete) in enumerate(loads, start=1):
        written = {name: list(json.loads(json.dumps(rows))) for name, rows in system.items()}
        land(data_dir, f"{load_id}.0", on, written, is_complete=is_complete)
    return NaiveMart(data_dir, write_seeds(data_dir / "seeds", decisions or {}), date.fromisoformat(as_of))


def first_of(which: str) -> date:
    """First day of a month (`2024-06`)."""
    return date.fromisoformat(f"{which}-01")


def month(mart: NaiveMart, which: str) -> Row:
    """Acme's row of a month (`2024-06`)."""
    return only(mart, "customer_months", month=first_of(which))


def only(mart: NaiveMart, table: str, **which: Any) -> Row:
    """The single row of a table, or of those in it that have the values named."""
    found = mart.table(table)
    for column, value in which.items():
        found = found[found[column] == value]
    assert len(found) == 1
    return {str(name): value for name, value in found.iloc[0].items()}
