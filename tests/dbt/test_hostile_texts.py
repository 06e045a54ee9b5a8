"""Whatever people type, paste or send reaches the mart as it came, in every text field, and harms no row beside it."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from tests.dbt.landing_writer import Row, build, land, query
from tests.dbt.test_contracts import pipeline
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


def deal(number: int, kind: str, closed: str, stage: str, text: str) -> Row:
    """A deal of the company of that number, open for a month and then in `stage`."""
    opened = "2024-12-01T08:00:00Z"
    current = {"dealname": text, "pipeline": kind, "dealstage": stage, "closedate": f"{closed}T09:00:00Z"}
    current |= {"amount": "1000", "closed_lost_reason": text}
    histories = {name: [{"value": value, "timestamp": opened}] for name, value in current.items()}
    histories["dealstage"] = [
        {"value": stage, "timestamp": f"{closed}T09:00:00Z"},
        {"value": "open", "timestamp": opened},
    ]
    row = standing(f"{kind}{number}", current, companies=[f"{number}"])
    return {**row, "propertiesWithHistory": histories, "createdAt": opened}


def built_of(texts: Sequence[str], data_dir: Path) -> Path:
    """For each text a company, a contact, a note, a call, a meeting, an e-mail, a lost renewal, a ticket with its
    rating, a survey, a quote and an employee; the data folder of the marts."""
    at = {"created_at": "2026-02-01T08:00:00Z", "updated_at": "2026-02-01T08:00:00Z"}
    every = list(enumerate(texts, start=1))
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
            standing(f"{number}", {**activity, "hs_note_body": f"#voc-warning {text}"}, companies=[f"{number}"])
            for number, text in every
        ],
        "hubspot__calls": [
            standing(f"{number}", {**activity, "hs_call_title": text, "hs_call_body": text}, companies=[f"{number}"])
            for number, text in every
        ],
        "hubspot__meetings": [
            standing(
                f"{number}",
                {**activity, "hs_meeting_title": text, "hs_meeting_body": text, "hs_meeting_outcome": "COMPLETED"},
                companies=[f"{number}"],
            )
            for number, text in every
        ],
        "hubspot__emails": [
            standing(
                f"{number}",
                {**activity, "hs_email_subject": text, "hs_email_text": text, "hs_email_html": text}
                | {"hs_email_status": "SENT", "hs_email_direction": "EMAIL"},
                companies=[f"{number}"],
            )
            for number, text in every
        ],
        "hubspot__deals": [
            one
            for number, text in every
            for one in (deal(number, "n", "2025-01-15", "won", text), deal(number, "r", "2026-01-10", "lost", text))
        ],
        "hubspot__deal_pipelines": [pipeline("n", "New Business"), pipeline("r", "Renewals")],
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
    marts = ("customers", "contacts", "employees", "survey_responses", "voice_of_customer", "touches", "renewals")
    build(data_dir, as_of=DAY, select=" ".join(f"+{mart}" for mart in marts))
    return data_dir


@pytest.fixture(scope="module")
def mart(empty_warehouse: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built_of(TEXTS, shutil.copytree(empty_warehouse, tmp_path_factory.mktemp("hostile") / "data"))


# Where a text that somebody wrote stands in the mart.
PLACES = (
    ("customer_name", "customers", "customer_id"),
    ("industry", "customers", "customer_id"),
    ("full_name", "contacts", "contact_id"),
    ("job_title", "contacts", "contact_id"),
    ("full_name", "employees", "employee_id"),
    ("loss_reason", "renewals", "customer_id"),
    ("comment", "survey_responses where source_system = 'hubspot'", "survey_response_id"),
    ("comment", "survey_responses where source_system = 'zendesk'", "survey_response_id"),
    ("quote", "voice_of_customer where source_system = 'files'", "voice_id"),
)


def found_in(mart: Path, column: str, table: str, of: str) -> dict[int, str]:
    """The texts by the number of their record."""
    rows = query(mart, f'select {of} as id, "{column}" as value from mart.{table}')
    return {int(row["id"].rsplit(":", 1)[-1]): row["value"] for row in rows if row["id"].rsplit(":", 1)[-1].isdigit()}


def facts(mart: Path) -> tuple[int, int, int]:
    """Touches of known customers, things noted of them, and their terms that were lost."""
    (counts,) = query(
        mart,
        "select (select count(*) from mart.touches where customer_id is not null) as touches, "
        "(select count(*) from mart.voice_of_customer where source_system = 'hubspot') as noted, "
        "(select count(*) from mart.renewals where outcome = 'churned') as lost",
    )
    return counts["touches"], counts["noted"], counts["lost"]


@pytest.mark.parametrize(("column", "table", "of"), PLACES)
def test_every_text_stands_in_the_mart_as_it_came(mart: Path, column: str, table: str, of: str) -> None:
    expected = dict(enumerate(TEXTS, start=1))
    found = found_in(mart, column, table, of)
    assert {number: found.get(number) for number in expected} == {
        number: text.strip() for number, text in expected.items()
    }


def test_no_text_costs_a_fact_its_row_or_its_customer(mart: Path) -> None:
    touches, noted, lost = facts(mart)
    # The call, the meeting, the e-mail, and the survey that was answered.
    assert touches >= 4 * len(TEXTS)
    assert (noted, lost) == (len(TEXTS), len(TEXTS))


# Text as a database may hold it; a name of blanks alone is no name.
ANY_TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=200).filter(str.strip)


@examples(max_examples=4, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
@given(texts=st.lists(ANY_TEXT, min_size=40, max_size=80))
def test_whatever_anybody_may_write_costs_no_fact_its_row(empty_warehouse: Path, texts: list[str]) -> None:
    with TemporaryDirectory() as folder:
        mart = built_of(texts, shutil.copytree(empty_warehouse, Path(folder) / "data"))
        touches, noted, lost = facts(mart)
        assert touches >= 4 * len(texts)
        assert (noted, lost) == (len(texts), len(texts))
        for place in PLACES:
            assert found_in(mart, *place).keys() == set(range(1, len(texts) + 1)), place
