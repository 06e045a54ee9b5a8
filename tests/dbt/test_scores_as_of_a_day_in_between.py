"""Five customers whose records were entered late: their scores as of a day in between, then and afterwards.

Everything is landed as it stood at the end of May and built as of that day; then June's news is landed and built.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.dbt.landing_writer import Row, build, land, query

pytestmark = pytest.mark.long

IN_BETWEEN, AFTERWARDS = "2026-05-31", "2026-06-30"
MAY, JUNE = date(2026, 5, 1), date(2026, 6, 1)
JOB_CHANGED, DEAL_BACK_DATED, TICKET_IMPORTED, SURVEY_ACTED_ON, OWNER_RELABELLED = (f"hubspot:{n}" for n in range(1, 6))
STAGES = [
    {"id": "open", "metadata": {"isClosed": "false", "probability": "0.5"}},
    {"id": "won", "metadata": {"isClosed": "true", "probability": "1.0"}},
    {"id": "lost", "metadata": {"isClosed": "true", "probability": "0.0"}},
]
PEOPLE = {"1": "ann", "2": "bob", "3": "cem"}


def history(*entries: tuple[str, str]) -> list[Row]:
    """A property's values with the days they were set on, newest first."""
    return [{"value": value, "timestamp": f"{on}T09:00:00Z"} for on, value in entries]


def record(record_id: str, company: str, created: str, properties: Row, histories: Row | None = None) -> Row:
    row = {
        "id": record_id,
        "properties": properties,
        "createdAt": f"{created}T09:00:00Z",
        "updatedAt": f"{created}T09:00:00Z",
        "archived": False,
    }
    if histories:
        row["propertiesWithHistory"] = histories
    if company:
        label = {"category": "HUBSPOT_DEFINED", "typeId": 5, "label": "Primary"}
        row["associations"] = {"companies": [{"toObjectId": company, "associationTypes": [label]}], "contacts": []}
    return row


def company(number: int, roles: dict[str, list[Row]], updated: str = "2025-01-01") -> Row:
    row = record(str(number), "", "2025-01-01", {"name": f"Company {number}"}, roles)
    return {**row, "updatedAt": f"{updated}T09:00:00Z"}


def deal(record_id: str, company: str, pipeline: str, created: str, closed: str, stages: list[Row], **more: str) -> Row:
    properties = {"pipeline": pipeline, "dealstage": stages[0]["value"], "closedate": f"{closed}T09:00:00Z", **more}
    current = {name: history((created, value)) for name, value in properties.items()}
    return record(record_id, company, created, properties, {**current, "dealstage": stages})


def contract(number: int, until: str) -> Row:
    won = history(("2025-05-01", "won"))
    ends = {"contract_start_date": "2025-05-01", "contract_end_date": until, "amount": "1000"}
    return deal(f"{number}0", str(number), "new", "2025-05-01", "2025-05-01", won, **ends)


def survey_answer(record_id: str, company: str, on: str) -> Row:
    properties = {"hs_survey_type": "NPS", "hs_value": "8", "hs_submission_timestamp": f"{on}T10:00:00Z"}
    return record(record_id, company, on, properties)


def call(record_id: str, company: str, on: str) -> Row:
    held = {"hs_timestamp": f"{on}T10:00:00Z", "hs_call_status": "COMPLETED", "hs_call_direction": "OUTBOUND"}
    return record(record_id, company, on, held)


def ticket(record_id: str, organization: str, created: str) -> Row:
    return {
        "id": record_id,
        "type": "incident",
        "status": "open",
        "priority": "urgent",
        "tags": ["found_by_customer"],
        "via": {"channel": "web"},
        "organization_id": organization,
        "created_at": f"{created}T09:00:00Z",
        "updated_at": f"{created}T09:00:00Z",
    }


def land_may(data_dir: Path) -> None:
    """What the systems held at the end of May: the first load of each."""
    owner = {"hubspot_owner_id": history(("2025-05-01", "3"))}
    csms = {"csm_owner_id": history(("2026-05-13", "2"), ("2025-05-01", "1"))}
    pipelines = {"new": "New Business", "renewal": "Renewals"}
    lost = history(("2026-05-20", "lost"), ("2026-04-01", "open"))
    crm = {
        "hubspot__companies": [company(1, csms), *(company(number, owner) for number in range(2, 6))],
        "hubspot__deals": [
            *(contract(number, until="2027-12-31") for number in (1, 3, 4)),
            *(contract(number, until="2026-04-30") for number in (2, 5)),
            deal("51", "5", "renewal", "2026-04-01", "2026-05-20", lost, contract_start_date="2026-05-01"),
        ],
        "hubspot__deal_pipelines": [
            {"id": key, "label": label, "stages": STAGES, "createdAt": "2020-01-01T00:00:00Z", "archived": False}
            for key, label in pipelines.items()
        ],
        "hubspot__owners": [
            {"id": key, "email": f"{name}@us.example", "archived": False} for key, name in PEOPLE.items()
        ],
        "hubspot__calls": [],
        "hubspot__feedback_submissions": [survey_answer("400", "4", "2026-05-25")],
    }
    organizations = [{"id": f"{number}00", "external_id": str(number)} for number in range(1, 6)]
    ticketing: dict[str, list[Row]] = {"zendesk__organizations": organizations, "zendesk__tickets": []}
    hr = {
        "bamboohr__employees": [
            {"employeeId": key, "workEmail": f"{name}@us.example", "hireDate": "2020-01-01"}
            for key, name in PEOPLE.items()
        ],
        "bamboohr__job_info": [job(key) for key in PEOPLE],
    }
    for load_id, system in (("1.1", crm), ("1.2", ticketing), ("1.3", hr)):
        land(data_dir, load_id, IN_BETWEEN, system, is_complete=True)


def job(employee: str, since: str = "2020-01-01", title: str = "CSM") -> Row:
    return {"employeeId": employee, "date": since, "department": "Customer Success", "jobTitle": title}


def land_june(data_dir: Path) -> None:
    """What came in June and says, or pretends to say, what was so in May."""
    # Three weeks after Ann moved inside the company, HR enters it; her set of rows comes whole.
    land(data_dir, "2.3", "2026-06-01", {"bamboohr__job_info": [job("1"), job("1", "2026-05-11", "Trainer")]})
    relabelled = {"hubspot_owner_id": history(("2026-06-03", "2"), ("2025-05-01", "3"))}
    renewed = {"contract_start_date": "2026-05-01", "amount": "1000"}
    crm = {
        "hubspot__companies": [company(5, relabelled, updated="2026-06-03")],
        "hubspot__deals": [
            deal("21", "2", "renewal", "2026-06-10", "2026-05-15", history(("2026-06-10", "won")), **renewed)
        ],
        "hubspot__calls": [call("401", "4", "2026-06-04")],
    }
    land(data_dir, "3.1", AFTERWARDS, crm)
    land(data_dir, "3.2", AFTERWARDS, {"zendesk__tickets": [ticket("301", "300", "2026-05-05")]})
    land(data_dir, "3.3", AFTERWARDS, {"bamboohr__job_info": []})


@pytest.fixture(scope="module")
def marts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Row]]:
    """health_points and customer_months as built in between (`then`) and afterwards (`now`), both of all months."""
    data_dir = tmp_path_factory.mktemp("in_between")
    found = {}
    for moment, landing, as_of in (("then", land_may, IN_BETWEEN), ("now", land_june, AFTERWARDS)):
        landing(data_dir)
        build(data_dir, select="+health_points +customer_months", as_of=as_of)
        for table in ("health_points", "customer_months"):
            found[f"{table} {moment}"] = query(data_dir, f"select * from mart.{table} order by all")
    return found


def value_and_penalty(rows: list[Row], customer_id: str, month: date, driver: str) -> tuple[Any, Any]:
    (found,) = [
        row for row in rows if (row["customer_id"], row["month"], row["driver"]) == (customer_id, month, driver)
    ]
    assert found["state"] == "known"
    return found["value"], found["penalty"]


def score(rows: list[Row], customer_id: str, month: date) -> float:
    (found,) = [row for row in rows if (row["customer_id"], row["month"]) == (customer_id, month)]
    return float(found["health_score"])


@pytest.mark.parametrize(
    ("customer_id", "driver", "in_between", "afterwards"),
    [
        pytest.param(JOB_CHANGED, "people_moved", (0, 0), (1, 0.5), id="a_job_change_entered_three_weeks_late"),
        pytest.param(JOB_CHANGED, "accounts_reassigned", (1, 0.5), (0, 0), id="and_the_cause_it_had_till_then"),
        pytest.param(DEAL_BACK_DATED, "renewal_overdue", (-31, 1), (304, 0), id="a_renewal_deal_back_dated"),
        pytest.param(TICKET_IMPORTED, "surprise", (0, 0), (1, 1), id="a_ticket_imported_afterwards"),
        pytest.param(
            SURVEY_ACTED_ON, "surveys_unanswered_by_us", (6, 1 / 3), (10, 2 / 3), id="a_survey_acted_on_later"
        ),
    ],
)
def test_a_driver_is_what_was_known_on_the_day_and_what_came_since_counts_only_after(
    marts: dict[str, list[Row]], customer_id: str, driver: str, in_between: tuple[float, float], afterwards: Any
) -> None:
    then, now = marts["health_points then"], marts["health_points now"]
    assert value_and_penalty(then, customer_id, MAY, driver) == pytest.approx(in_between)
    assert value_and_penalty(now, customer_id, MAY, driver) == pytest.approx(in_between)
    assert value_and_penalty(now, customer_id, JUNE, driver) == pytest.approx(afterwards)
    months = marts["customer_months now"]
    assert score(months, customer_id, MAY) == score(marts["customer_months then"], customer_id, MAY)
    assert score(months, customer_id, MAY) != score(months, customer_id, JUNE)


def test_an_owner_relabelled_after_a_loss_is_no_change_before_it(marts: dict[str, list[Row]]) -> None:
    now = marts["health_points now"]
    assert value_and_penalty(now, OWNER_RELABELLED, MAY, "musical_chairs") == (0, 0)
    (last,) = [row for row in marts["customer_months now"] if row["customer_id"] == OWNER_RELABELLED and not row["arr"]]
    assert last["month"] == MAY
    assert last["health_score"] == score(marts["customer_months then"], OWNER_RELABELLED, MAY)


def test_every_month_till_then_is_told_afterwards_as_it_was_then(marts: dict[str, list[Row]]) -> None:
    running = {"is_current"}
    for table in ("health_points", "customer_months"):
        then, now = (
            [
                {name: value for name, value in row.items() if name not in running}
                for row in marts[f"{table} {moment}"]
                if row["month"] <= MAY
            ]
            for moment in ("then", "now")
        )
        assert len(then) >= 5
        assert now == then, table
