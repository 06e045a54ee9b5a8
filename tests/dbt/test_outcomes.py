"""What customers reach, use and cost: goals of the CRM and files of use and costs, each month as it was known then."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.dbt.landing_writer import Row, build, land, query
from tests.dbt.test_contracts import deal, pipeline

MEASURES = "goals_active, goals_met_share, utilization, utilization_change_90d, offerings_pitched_180d, pitchers_180d"


def goal(record_id: str, created: str, updated: str, history: dict[str, list[tuple[str, str]]], **fields: str) -> Row:
    """A goal of company 7; `history` holds by property its values and the days on which they were set, newest first."""
    company = {"toObjectId": "7", "associationTypes": [{"category": "USER_DEFINED", "typeId": 11, "label": None}]}
    return {
        "id": record_id,
        "properties": {"goal": f"Goal {record_id}"} | {name: values[0][0] for name, values in history.items()},
        "propertiesWithHistory": {
            name: [{"value": value, "timestamp": f"{day}T08:00:00Z"} for value, day in values]
            for name, values in history.items()
        },
        "createdAt": f"{created}T08:00:00Z",
        "updatedAt": f"{updated}T08:00:00Z",
        "archived": False,
        "associations": {"companies": [company]},
        **fields,
    }


def rows_of(file_name: str, key: tuple[str, ...], *rows: Row) -> list[Row]:
    """Rows of a file as the drop folder lands them."""
    return [
        {
            "record_id": json.dumps([row.get(name) for name in key]),
            "file_name": file_name,
            "file_hash": file_name,
            "row_number": str(number),
            **row,
        }
        for number, row in enumerate(rows, start=2)
    ]


def usage(file_name: str, **used: str) -> list[Row]:
    """A product of ten units, by month (as `m_2024_09`) with what was used of it."""
    rows = [
        {
            "customer_id": "hubspot:7",
            "product": "Base",
            "month": month[2:].replace("_", "-"),
            "units_bought": "10",
            "units_used": units,
        }
        for month, units in used.items()
    ]
    return rows_of(file_name, ("customer_id", "product", "month"), *rows)


def costs(file_name: str, *rows: Row) -> list[Row]:
    return rows_of(file_name, ("customer_id", "segment", "month"), *rows)


@pytest.fixture(scope="module")
def landed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data_dir = tmp_path_factory.mktemp("outcomes")
    company = {
        "id": "7",
        "properties": {"name": "Acme", "segment": "smb"},
        "createdAt": "2022-01-01T08:00:00Z",
        "updatedAt": "2022-01-01T08:00:00Z",
        "archived": False,
    }
    entered_late = goal(
        "1",
        "2024-07-05",
        "2024-10-05",
        {
            "agreed_on": [("2024-06-10", "2024-07-05")],
            "status": [("met", "2024-10-05"), ("active", "2024-07-05")],
            "met_on": [("2024-09-20", "2024-10-05")],
        },
    )
    archived = goal("2", "2024-08-01", "2024-08-01", {"status": [("active", "2024-08-01")]})
    archived |= {"archived": True, "archivedAt": "2024-11-10T08:00:00Z", "updatedAt": "2024-11-10T08:00:00Z"}
    standing = {**archived, "archived": False, "archivedAt": None, "updatedAt": "2024-08-01T08:00:00Z"}
    tables = {
        "hubspot__companies": [company],
        "hubspot__deals": [
            deal("1", "n", "2024-05-01", "2024-06-03", "won", amount="1000", offering="Uptime"),
            deal("2", "e", "2024-10-20", "2024-12-20", "open", amount="500", offering="Leasing"),
        ],
        "hubspot__deal_pipelines": [pipeline("n", "New Business"), pipeline("e", "Expansion")],
        "hubspot__success_goals": [entered_late, standing],
    }
    land(data_dir, "1.0", "2024-10-31", tables, is_complete=True)
    land(data_dir, "5.0", "2024-11-30", {"hubspot__success_goals": [archived]})
    first = {
        "files__product_usage": usage("first.csv", m_2024_06="8", m_2024_07="8", m_2024_08="7", m_2024_09="5"),
        "files__retention_costs": costs(
            "costs.csv",
            {"segment": "smb", "month": "2024-09", "acquisition_cost": "300", "currency": "EUR"},
            {"customer_id": "hubspot:7", "month": "2024-09", "retention_cost": "50"},
            {"segment": "smv", "month": "2024-09", "retention_cost": "7"},
        ),
    }
    land(data_dir, "2.0", "2024-10-02", first, is_complete=True)
    land(data_dir, "3.0", "2024-11-05", {"files__product_usage": usage("later.csv", m_2024_09="6", m_2024_10="9")})
    land(data_dir, "4.0", "2024-11-29", {"files__product_usage": usage("november.csv", m_2024_11="4")})
    marts = ("customer_months", "retention_by_month", "success_goals", "product_usage", "retention_costs")
    told_of = ("removed_facts", "unresolved_references")
    build(data_dir, select=" ".join(f"+{mart}" for mart in (*marts, *told_of)), as_of="2024-12-10")
    return data_dir


def months(data_dir: Path) -> dict[str, tuple[object, ...]]:
    rows = query(data_dir, f"select cast(month as text) as month, {MEASURES} from mart.customer_months order by month")
    return {row.pop("month")[:7]: tuple(row.values()) for row in rows}


def test_a_month_shows_what_was_known_of_goals_and_use_when_it_ended(landed: Path) -> None:
    assert months(landed) == {
        # Agreed in June, entered in July; nobody is an owner of any deal here.
        "2024-06": (0, None, 0.8, None, 1, 0),
        "2024-07": (1, None, 0.8, None, 1, 0),
        "2024-08": (2, None, 0.7, None, 1, 0),
        # Met on the 20th, which nobody had written down by then; use was corrected in November.
        "2024-09": (2, None, 0.5, pytest.approx(-0.3), 1, 0),
        # Use was told after the month; the first deal is older than 180 days, another was opened on the 20th.
        "2024-10": (1, 1.0, None, None, 1, 0),
        # The second goal was archived on the 10th.
        "2024-11": (0, 1.0, 0.4, pytest.approx(-0.3), 1, 0),
        "2024-12": (0, 1.0, None, None, 1, 0),
    }


def test_goals_and_use_are_told_as_they_stand_and_what_went_is_a_removed_fact(landed: Path) -> None:
    assert query(
        landed,
        "select success_goal_id, customer_id, goal, cast(agreed_on as text) as agreed_on,"
        " cast(met_on as text) as met_on, status from mart.success_goals",
    ) == [
        {
            "success_goal_id": "hubspot:1",
            "customer_id": "hubspot:7",
            "goal": "Goal 1",
            "agreed_on": "2024-06-10",
            "met_on": "2024-09-20",
            "status": "met",
        }
    ]
    assert query(landed, "select id from mart.removed_facts where fact_table = 'success_goals'") == [
        {"id": "hubspot:2"}
    ]
    told = query(
        landed,
        "select cast(month as text) as month, units_used, source_record_id from mart.product_usage"
        " where month >= date '2024-09-01' order by month",
    )
    assert [tuple(row.values()) for row in told] == [
        ("2024-09-01", 6.0, "later.csv:2"),
        ("2024-10-01", 9.0, "later.csv:3"),
        ("2024-11-01", 4.0, "november.csv:2"),
    ]


def test_costs_stand_beside_the_customers_they_won_and_kept_and_a_segment_misspelt_is_told(landed: Path) -> None:
    told = query(
        landed,
        "select segment, acquisition_cost, retention_cost, cost_per_new_customer, cost_per_kept_customer"
        " from mart.retention_by_month where month = date '2024-09-01' order by segment",
    )
    in_dollars = query(landed, "select acquisition_cost as cost from mart.retention_costs where currency = 'EUR'")
    euros = in_dollars[0]["cost"]
    assert euros > 300
    assert [tuple(row.values()) for row in told] == [
        ("all", euros, 57.0, euros, None),
        ("smb", euros, 50.0, euros, None),
        ("unknown", None, 7.0, None, None),
    ]
    assert query(
        landed, "select source_record_id, reference from mart.unresolved_references where reference_object = 'segment'"
    ) == [{"source_record_id": "costs.csv:4", "reference": "smv"}]


@pytest.mark.nightly
def test_what_is_recorded_later_changes_no_month_that_is_over(landed: Path) -> None:
    later = months(landed)
    build(landed, select="+customer_months", as_of="2024-10-31")
    assert months(landed) == {month: row for month, row in later.items() if month <= "2024-10"}


def test_a_cost_in_a_currency_without_any_rate_stops_the_build_and_says_where(landed: Path) -> None:
    yen = costs("yen.csv", {"segment": "smb", "month": "2024-10", "retention_cost": "9", "currency": "JPY"})
    land(landed, "6.0", "2024-12-01", {"files__retention_costs": yen})
    said = r"No exchange rate of JPY on 2024-10-31 or before: .* \(retention costs, yen.csv:2\)"
    with pytest.raises(AssertionError, match=said):
        build(landed, select="+int_file_costs", as_of="2024-12-10")
