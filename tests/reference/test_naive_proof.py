"""The naive mart proves what the definitions say it should, on figures from textbooks and renewals done by hand."""

from __future__ import annotations

import math
from datetime import date
from pathlib import Path

import pytest

from tests.dbt.landing_writer import Row
from tests.reference.proof import auc, delong, last_month_end, log_log, wilson, worst_tenth
from tests.reference.small_company import acme, driver, only, record

ALONE = driver("single_thread", "is_single_threaded", 0, 1)
STAGES = [
    {"id": "won", "metadata": {"isClosed": "true", "probability": "1.0"}},
    {"id": "lost", "metadata": {"isClosed": "true", "probability": "0.0"}},
]
RENEWALS = {
    "id": "renewals",
    "label": "Renewals",
    "createdAt": "2020-01-01T00:00:00Z",
    "updatedAt": "2020-01-01T00:00:00Z",
    "archived": "false",
    "stages": STAGES,
}


def renewal(key: int, start: str, stage: str) -> Row:
    deal = {"pipeline": "renewals", "dealstage": stage, "closedate": f"{start}T00:00:00Z", "amount": "1000"}
    return record(key, deal, created=start, companies=[1])


def test_ninety_of_a_hundred_kept_lie_between_83_and_94_percent() -> None:
    assert wilson(90, 100) == pytest.approx((0.82563, 0.94477), abs=1e-5)
    assert wilson(0, 10) == pytest.approx((0.0, 0.27753), abs=1e-5)


def test_of_two_lost_and_three_kept_the_pairs_that_rank_right_are_counted_and_ties_half() -> None:
    assert auc([3.0, 1.0], [1.0, 2.0, 0.0]) == pytest.approx(4.5 / 6)
    assert auc([], [1.0]) is None


def test_the_interval_of_an_area_comes_from_how_each_renewal_ranks_among_the_others() -> None:
    # Each lost one beats 1 and .5 of the kept (variance .125), each kept one is beaten by .75, .5 and 1 (.0625).
    half = 1.959964 * math.sqrt(0.125 / 2 + 0.0625 / 3)
    assert delong([3.0, 1.0], [1.0, 2.0, 0.0]) == pytest.approx((0.75 - half, 1.0), abs=1e-6)
    assert delong([3.0], [1.0, 2.0]) == (None, None)


def test_of_those_alike_at_the_edge_of_the_worst_tenth_a_share_is_counted() -> None:
    judged = [(5.0, True), *[(4.0, index == 0) for index in range(4)], *[(0.0, False)] * 15]
    assert worst_tenth(judged) == 1.25


def test_the_interval_of_a_survival_is_not_that_of_a_plain_normal() -> None:
    # 20 due, 2 lost: by lifelines' KaplanMeierFitter.
    assert log_log(0.9, 2 / (20 * 18)) == pytest.approx((0.65603, 0.97399), abs=1e-4)
    assert log_log(1.0, 0.0) == (None, None)


def test_ninety_days_before_due_is_looked_up_at_the_month_end_before() -> None:
    assert last_month_end(date(2024, 10, 31)) == date(2024, 10, 31)
    assert last_month_end(date(2024, 10, 30)) == date(2024, 9, 30)


def test_a_renewal_lost_by_a_customer_in_the_worst_band_counts_against_its_driver(tmp_path: Path) -> None:
    mart = acme(
        tmp_path,
        "2025-01-31",
        decisions={"health_drivers": [ALONE]},
        hubspot__deal_pipelines=[RENEWALS],
        hubspot__deals=[renewal(3, "2025-01-10", "lost")],
    )
    driver_row = only(mart, "retention_drivers", driver="single_thread")
    assert (driver_row["bucket"], driver_row["n"], driver_row["retained"]) == ("bad", 1, 0)
    found = only(mart, "health_backtest", predictor="health_score", segment="all")
    assert (found["n"], found["churned"], found["auc"], found["capture_worst_tenth"]) == (1, 1, None, None)
    assert (found["green_then_churned_share"], found["is_validatable"]) == (0.0, False)


def test_a_renewal_decided_early_is_looked_up_before_its_decision(tmp_path: Path) -> None:
    # Due on 2025-01-09, lost on 2024-08-15 already: what was known at the end of September came too late.
    lost = renewal(3, "2025-01-10", "lost")
    lost["properties"] = {**lost["properties"], "closedate": "2024-08-15T00:00:00Z"}
    lost["properties"]["contract_start_date"] = "2025-01-10"
    mart = acme(
        tmp_path,
        "2025-01-31",
        decisions={"health_drivers": [driver("silence", "longest_silence_days_365d", 0, 2 * 204)]},
        hubspot__deal_pipelines=[RENEWALS],
        hubspot__deals=[{**lost, "createdAt": "2024-08-01T00:00:00Z"}],
    )
    (decided,) = mart.proof.decided
    assert decided.row["as_of_on"] == date(2024, 7, 31)
    assert decided.point("silence").penalty == 0.5


def test_a_contract_renewed_once_and_running_survived_its_first_term_and_is_censored_then(tmp_path: Path) -> None:
    mart = acme(
        tmp_path,
        "2025-06-30",
        decisions={"health_drivers": [ALONE]},
        hubspot__deal_pipelines=[RENEWALS],
        hubspot__deals=[renewal(3, "2025-01-10", "won")],
    )
    first, second = (only(mart, "renewal_survival", segment="all", term_number=number) for number in (1, 2))
    assert (first["due"], first["lost"], first["running"], first["survival"]) == (1, 0, 0, 1.0)
    assert (second["due"], second["running"], second["survival"]) == (0, 1, None)
    current = only(mart, "customer_lifecycle")
    # One renewal proves nothing, so nothing is expected to be lost either.
    assert (current["renewal_risk"], current["expected_loss"], current["arr_due_12m"]) == (None, None, 1000.0)
    assert current["customer_name"] == "Acme"
