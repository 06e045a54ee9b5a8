"""The naive mart says of pitches, opportunities, rhythm and care what the definitions say, done by hand."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from tests.reference.small_company import acme, call, month, note, only, record, ticket


def test_two_offerings_by_two_people_within_half_a_year_are_mixed_messages(tmp_path: Path) -> None:
    deal = record(
        3,
        {"createdate": "2024-06-05T00:00:00Z", "offering": "Pumps", "hubspot_owner_id": "8"},
        created="2024-06-05",
        companies=[1],
    )
    mart = acme(
        tmp_path,
        "2024-12-31",
        hubspot__deals=[deal],
        hubspot__calls=[
            call(1, "2024-06-01", hs_call_title="Pricing", offering="Drives", hubspot_owner_id="7"),
            call(2, "2024-06-02", hs_call_title="Training", offering="Valves", hubspot_owner_id="7"),
        ],
    )
    june, october, november = (month(mart, which) for which in ("2024-06", "2024-10", "2024-11"))
    # Acme's own deal of January has no offering; Ann pitched it all the same.
    assert (june["offerings_pitched_180d"], june["pitchers_180d"]) == (2, 2)
    assert (october["offerings_pitched_180d"], october["pitchers_180d"]) == (2, 2)
    assert (november["offerings_pitched_180d"], november["pitchers_180d"]) == (1, 1)


def test_an_opportunity_is_shown_until_it_is_acted_on_and_only_where_nothing_is_overdue(tmp_path: Path) -> None:
    heard = note(1, "2024-05-01", "Wants pumps #voc-opportunity #theme-pumps")
    opportunity = only(acme(tmp_path / "open", "2024-06-30", hubspot__notes=[heard]), "opportunities")
    assert (opportunity["opportunities_open"], opportunity["last_heard_on"]) == (1, date(2024, 5, 1))
    acted = note(2, "2024-05-02", "Offered #acted #theme-pumps")
    assert acme(tmp_path / "acted", "2024-06-30", hubspot__notes=[heard, acted]).table("opportunities").empty
    late = ticket(100, "2024-06-01", due_at="2024-06-20T00:00:00Z")
    overdue = acme(tmp_path / "late", "2024-06-30", hubspot__notes=[heard], zendesk__tickets=[late])
    assert overdue.table("opportunities").empty


def test_a_week_of_the_quarter_without_a_touch_is_a_week_with_none(tmp_path: Path) -> None:
    calls = [call(1, "2024-01-20", hs_call_title="Roadmap"), call(2, "2024-03-31"), call(3, "2024-01-11")]
    mart = acme(tmp_path, "2024-04-06", hubspot__calls=calls)
    rhythm = mart.table("touch_rhythm")
    rhythm = rhythm[rhythm["segment"] == "unknown"]
    # Won in the second week, so from the third on; the thirteenth ends with the quarter, the next one is not over.
    assert list(rhythm["week_of_quarter"]) == list(range(3, 14))
    assert list(rhythm["touches_per_customer"]) == [1.0, *[0.0] * 9, 1.0]
    assert list(rhythm["substantive_touches_per_customer"]) == [1.0, *[0.0] * 10]


def test_care_after_the_sale_is_shown_of_five_customers_and_of_no_fewer(tmp_path: Path) -> None:
    companies = [record(key, {"name": f"Firm {key}"}) for key in range(11, 15)]
    won = {"pipeline": "default", "dealstage": "won", "closedate": "2024-01-10T00:00:00Z", "amount": "1"}
    deals = [record(100 + key, won, companies=[key]) for key in range(11, 15)]
    calls = [
        call(1, "2024-01-20", hs_call_title="Roadmap"),
        call(2, "2024-03-01"),
        call(3, "2024-01-05", hs_call_title="Roadmap"),
    ]
    urgent = [ticket(key, on, priority="urgent") for key, on in ((101, "2024-01-09"), (102, "2024-01-10"))]
    tickets = [ticket(100, "2024-03-01"), *urgent]
    given: dict[str, Any] = {"hubspot__deals": deals, "hubspot__calls": calls, "zendesk__tickets": tickets}
    assert acme(tmp_path / "four", "2024-04-30", hubspot__companies=companies[:3], **given).table("care_showcase").empty
    care = only(acme(tmp_path / "five", "2024-04-30", hubspot__companies=companies, **given), "care_showcase")
    # Four of the five have waited since 2024-01-10; one of their twenty months had a touch of substance.
    assert (care["customers"], care["days_to_first_substantive_touch"]) == (5, 111.0)
    assert care["months_in_touch_share"] == 0.05
    # Of two that the customer found before we did one came the day before the sale.
    assert (care["surprises_per_100_customer_months"], care["promises_kept_rate"]) == (5.0, None)
