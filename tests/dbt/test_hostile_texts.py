"""Whatever people type, paste or send reaches the mart as it came, in every text field, and harms no row beside it."""

from __future__ import annotations

import shutil
from pathlib import Path
from random import Random

import pytest

from tests.dbt.landing_writer import Row, build, land, query
from tests.reports.fixture_publication import NASTY_NAMES

pytestmark = pytest.mark.nightly

DAY = "2026-03-31"
# What breaks a parser, an encoding, a query or a page; and what nobody thought of, the same at every run.
RANGES = ((0x20, 0x7E), (0xA0, 0x2FF), (0x590, 0x6FF), (0x2000, 0x20CF), (0x3040, 0x30FF), (0x1F300, 0x1FAFF))
ODD = (
    "'",
    '"',
    "\\",
    "\u202e",
    "\u200b",
    "\ufeff",
    "\x01",
    "\x7f",
    "\t",
    "--",
    ";",
    "%",
    "_",
    "{{",
    "$.",
    "<",
    "&amp;",
    "]]>",
)


def random_text(rng: Random) -> str:
    parts = [chr(rng.randint(*rng.choice(RANGES))) if rng.random() < 0.7 else rng.choice(ODD) for _ in range(40)]
    return "x" + "".join(parts) + "x"


TEXTS = [*(name.strip() for name in NASTY_NAMES.values()), "=cmd()", "@SUM(A1)", "-1+1", "null", "NaN", "[]", "{}"]
TEXTS += [random_text(Random(seed)) for seed in range(40)]


def standing(record_id: str, properties: Row, **associations: list[str]) -> Row:
    linked = {
        kind: [{"toObjectId": one, "associationTypes": [{"label": "Primary"}]} for one in ids]
        for kind, ids in associations.items()
    }
    times = {"createdAt": "2026-02-01T08:00:00Z", "updatedAt": "2026-02-01T08:00:00Z", "archived": False}
    return {"id": record_id, "properties": properties, **({"associations": linked} if linked else {}), **times}


@pytest.fixture(scope="module")
def mart(empty_warehouse: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """For each text a company, a contact, a note, a ticket with its rating, a survey, a quote and an employee."""
    data_dir = Path(shutil.copytree(empty_warehouse, tmp_path_factory.mktemp("hostile") / "data"))
    at = {"created_at": "2026-02-01T08:00:00Z", "updated_at": "2026-02-01T08:00:00Z"}
    every = list(enumerate(TEXTS, start=1))
    activity = {"hs_timestamp": "2026-02-02T09:00:00Z"}
    crm = {
        "hubspot__companies": [
            standing(f"{number}", {"name": text, "domain": f"c{number}.example", "industry": text, "segment": text})
            for number, text in every
        ],
        "hubspot__contacts": [
            standing(f"{number}", {"firstname": text, "jobtitle": text}, companies=[f"{number}"])
            for number, text in every
        ],
        "hubspot__notes": [
            standing(f"{number}", {**activity, "hs_note_body": f"{text} #voc-warning"}, companies=[f"{number}"])
            for number, text in every
        ],
        "hubspot__calls": [
            standing(f"{number}", {**activity, "hs_call_title": text, "hs_call_body": text}, companies=[f"{number}"])
            for number, text in every
        ],
        "hubspot__feedback_submissions": [
            standing(f"{number}", {"hs_content": text, "hs_value": "3"}, companies=[f"{number}"])
            for number, text in every
        ],
    }
    tickets = {
        "zendesk__organizations": [{"id": f"{number}", "external_id": f"{number}", **at} for number, _ in every],
        "zendesk__tickets": [
            {
                **{"id": f"{number}", "organization_id": f"{number}", "status": "open", "type": "problem", "tags": []},
                **{"subject": text, "description": text, **at},
            }
            for number, text in every
        ],
        "zendesk__satisfaction_ratings": [
            {"id": f"{number}", "ticket_id": f"{number}", "score": "bad", "comment": text, **at}
            for number, text in every
        ],
    }
    people = {
        "bamboohr__employees": [
            {"employeeId": f"{number}", "firstName": text, "lastName": ""} for number, text in every
        ]
    }
    told = {"heard_at": "2026-02-03", "kind": "warning", "file_name": "fair.csv", "file_hash": "0f"}
    files = {
        "files__voice_of_customer": [
            {"customer_id": f"hubspot:{number}", "quote": text, **told, "row_number": f"{number}"}
            | {"record_id": f"{number}", "voice_id": f"{number}"}
            for number, text in every
        ]
    }
    for number, tables in enumerate((crm, tickets, people, files)):
        land(data_dir, f"{number}", DAY, tables, is_complete=True)
    build(data_dir, as_of=DAY, select="+customers +contacts +employees +survey_responses +voice_of_customer +touches")
    return data_dir


@pytest.mark.parametrize(
    ("column", "table", "of"),
    [
        ("customer_name", "customers", "customer_id"),
        ("industry", "customers", "customer_id"),
        ("full_name", "contacts", "contact_id"),
        ("job_title", "contacts", "contact_id"),
        ("full_name", "employees", "employee_id"),
        ("comment", "survey_responses where source_system = 'hubspot'", "survey_response_id"),
        ("comment", "survey_responses where source_system = 'zendesk'", "survey_response_id"),
        ("quote", "voice_of_customer where source_system = 'files'", "voice_id"),
    ],
)
def test_every_text_stands_in_the_mart_as_it_came(mart: Path, column: str, table: str, of: str) -> None:
    rows = query(mart, f'select {of} as id, "{column}" as value from mart.{table}')
    found = {int(row["id"].rsplit(":", 1)[-1]): row["value"] for row in rows if row["id"].rsplit(":", 1)[-1].isdigit()}
    expected = dict(enumerate(TEXTS, start=1))
    assert {number: found.get(number) for number in expected} == {
        number: text.strip() for number, text in expected.items()
    }


def test_no_text_costs_a_fact_its_row_or_its_customer(mart: Path) -> None:
    (counts,) = query(
        mart,
        "select (select count(*) from mart.touches where customer_id is not null) as touches, "
        "(select count(*) from mart.voice_of_customer where source_system = 'hubspot') as noted",
    )
    assert counts["noted"] == len(TEXTS)
    # The call, and the survey that was answered.
    assert counts["touches"] >= 2 * len(TEXTS)
