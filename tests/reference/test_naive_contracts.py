"""The naive mart says of contracts and retention what the definitions say, done by hand."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from tests.reference.small_company import acme, call, month, only


def test_a_contract_nobody_renewed_runs_on_for_ninety_days_and_is_then_churned(tmp_path: Path) -> None:
    mart = acme(tmp_path, "2025-05-31")
    # Won on 2024-01-10 for a year: due on 2025-01-09, decided on 2025-04-09.
    march, april = month(mart, "2025-03"), month(mart, "2025-04")
    assert (march["arr"], march["days_to_renewal"]) == (1000.0, -81)
    assert (april["arr"], april["lifecycle_stage"], april["last_renewal_outcome"]) == (0.0, "churned", "churned")
    assert max(mart.table("customer_months")["month"]) == date(2025, 4, 1)
    renewal = only(mart, "renewals")
    assert (renewal["outcome"], renewal["due_on"], renewal["decided_on"]) == (
        "churned",
        date(2025, 1, 9),
        date(2025, 4, 9),
    )


def test_a_renewal_is_assessed_late_without_a_pulse_check_before_its_last_ninety_days(tmp_path: Path) -> None:
    # The last ninety days of the term begin on 2024-10-12.
    early = call(1, "2024-10-11", hs_call_title="Roadmap")
    late = call(1, "2024-10-12", hs_call_title="Roadmap")
    found = []
    for number, one in enumerate((early, late)):
        renewal = only(acme(tmp_path / str(number), "2024-12-31", hubspot__calls=[one]), "renewals")
        found.append((renewal["assessed_late"], renewal["pulse_months"], renewal["arr_due"]))
    assert found == [(False, 1, 1000.0), (True, 1, 1000.0)]


def test_a_year_after_the_win_all_of_its_revenue_is_retained_and_then_none(tmp_path: Path) -> None:
    mart = acme(tmp_path, "2025-04-30")
    months = mart.table("retention_by_month")
    of_all = months[months["segment"] == "all"].set_index("month")
    january, april = of_all.loc[date(2025, 1, 1)], of_all.loc[date(2025, 4, 1)]
    assert (january["arr_start"], january["grr"], january["renewals_overdue"]) == (1000.0, 1.0, 1)
    assert (april["arr_churned"], april["nrr"], april["renewal_rate_12m"]) == (1000.0, 0.0, 0.0)
