"""What the deals of a customer become: contract terms, what came of them, and a stop where a currency has no rate."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.dbt.landing_writer import Row, build, land, query

STAGES = [
    {"id": "open", "label": "Open", "metadata": {"isClosed": "false", "probability": "0.5"}},
    {"id": "won", "label": "Won", "metadata": {"isClosed": "true", "probability": "1.0"}},
    {"id": "lost", "label": "Lost", "metadata": {"isClosed": "true", "probability": "0.0"}},
]


def pipeline(record_id: str, label: str) -> Row:
    return {"id": record_id, "label": label, "stages": STAGES, "createdAt": "2020-01-01T00:00:00Z", "archived": False}


def deal(record_id: str, pipeline_id: str, created: str, closed: str, stage: str, **properties: str) -> Row:
    """A deal of company 7, open from its creation and in `stage` from the morning of its close day."""
    current = {"dealstage": stage, "pipeline": pipeline_id, "closedate": f"{closed}T09:00:00Z", **properties}
    opened = {"value": "open", "timestamp": f"{created}T08:00:00Z"}
    histories = {name: [{"value": value, "timestamp": f"{created}T08:00:00Z"}] for name, value in current.items()}
    histories["dealstage"] = [{"value": stage, "timestamp": f"{closed}T09:00:00Z"}, opened]
    label = {"category": "HUBSPOT_DEFINED", "typeId": 5, "label": "Primary"}
    return {
        "id": record_id,
        "properties": current,
        "propertiesWithHistory": histories,
        "createdAt": f"{created}T08:00:00Z",
        "updatedAt": f"{closed}T09:00:00Z",
        "archived": False,
        "associations": {"companies": [{"toObjectId": "7", "associationTypes": [label]}], "contacts": []},
    }


@pytest.fixture(scope="module")
def landed(empty_warehouse: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    data_dir = Path(shutil.copytree(empty_warehouse, tmp_path_factory.mktemp("contracts") / "data"))
    company = {
        "id": "7",
        "properties": {"name": "Acme"},
        "createdAt": "2022-01-01T08:00:00Z",
        "updatedAt": "2022-01-01T08:00:00Z",
        "archived": False,
    }
    euros = {"deal_currency_code": "EUR", "contract_start_date": "2023-03-01"}
    deals = [
        deal("1", "n", "2023-01-10", "2023-02-20", "won", amount="1000", notice_date="2023-12-01", **euros),
        deal("2", "e", "2023-06-01", "2023-07-01", "won", amount="500", hs_arr="200", deal_currency_code="EUR"),
        deal("3", "r", "2024-01-10", "2024-02-20", "won", amount="1205", deal_currency_code="EUR"),
        deal("4", "r", "2025-01-10", "2025-03-05", "lost", amount="1205", closed_lost_reason="price"),
        deal("5", "n", "2025-03-10", "2025-03-20", "won", amount="9", deal_currency_code="JPY"),
    ]
    tables = {
        "hubspot__companies": [company],
        "hubspot__deals": deals,
        "hubspot__deal_pipelines": [
            pipeline("n", "New Business"),
            pipeline("r", "Renewals"),
            pipeline("e", "expansion"),
        ],
    }
    land(data_dir, "1.0", "2025-03-31", tables, is_complete=True)
    return data_dir


def test_deals_as_the_crm_tells_them_become_the_terms_of_a_contract(landed: Path) -> None:
    # All else stays as empty as it is.
    build(landed, select="+int_terms_as_of renewals", as_of="2025-03-08")
    terms = query(
        landed,
        "select renewal_id, customer_id, cast(due_on as text) as due_on, cast(notice_due_on as text) as notice_due_on,"
        " arr_due, arr_due_original, outcome, arr_after, cast(decided_on as text) as decided_on, loss_reason"
        " from mart.renewals order by term_number",
    )
    assert terms == [
        {
            "renewal_id": "hubspot:1:1",
            "customer_id": "hubspot:7",
            "due_on": "2024-02-29",
            "notice_due_on": "2023-12-01",
            "arr_due": 1296.0,
            "arr_due_original": 1200.0,
            "outcome": "renewed",
            "arr_after": 1301.4,
            "decided_on": "2024-02-20",
            "loss_reason": None,
        },
        {
            "renewal_id": "hubspot:1:2",
            "customer_id": "hubspot:7",
            "due_on": "2025-02-19",
            "notice_due_on": None,
            "arr_due": 1301.4,
            "arr_due_original": 1205.0,
            "outcome": "churned",
            "arr_after": 0.0,
            "decided_on": "2025-03-05",
            "loss_reason": "price",
        },
    ]


def test_a_deal_in_a_currency_without_a_rate_stops_the_build_and_names_currency_and_day(landed: Path) -> None:
    with pytest.raises(AssertionError, match=r"No exchange rate of JPY on 2025-03-20 or before"):
        build(landed, select="+int_deals_as_of", as_of="2025-03-20")
