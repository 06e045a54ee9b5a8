"""The naive mart takes what came of actions from seed and files, and compares renewals with and without them."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from tests.dbt.landing_writer import Row
from tests.reference.small_company import ACME, acme, driver, only
from tests.reference.test_naive_health import june, scored, states
from tests.reference.test_naive_proof import RENEWALS, renewal

SILENCE = driver("silence", "longest_silence_days_365d", 0, 300)


def said(outcome: str, on: str, *, customer_id: str = ACME, of: str = "silence") -> Row:
    return {
        "customer_id": customer_id,
        "driver": of,
        "outcome": outcome,
        "reason": "They said so",
        "recorded_by": "Ann",
        "recorded_on": on,
    }


def in_file(number: int, outcome: str, on: str, **whose: str) -> Row:
    row = said(outcome, on, **whose)
    key = "/".join(row[name] for name in ("customer_id", "driver", "recorded_on"))
    place = {"record_id": key, "file_name": "outcomes.csv", "file_hash": "0", "row_number": str(number)}
    return {**row, **place}


def test_what_was_done_rests_a_month_and_what_was_wrong_half_a_year(tmp_path: Path) -> None:
    rows = [said("done", "2024-05-31"), said("done", "2024-06-01", of="ghosts"), said("wrong", "2024-06-01")]
    mart = acme(tmp_path, "2024-07-01", decisions={"recorded_outcomes": rows})
    found = mart.table("action_outcomes")
    assert list(found["source_record_id"]) == [f"actions/recorded_outcomes.csv:{number}" for number in (2, 3, 4)]
    assert list(found["rests_until_on"]) == [date(2024, 6, 30), date(2024, 7, 1), date(2024, 11, 28)]
    assert list(found["is_resting"]) == [False, True, True]


def test_a_later_file_corrects_an_outcome_from_its_landing_on(tmp_path: Path) -> None:
    later = [("2024-06-10", {"files__action_outcomes": [in_file(2, "wrong", "2024-05-20")]})]
    first = {"files__action_outcomes": [in_file(2, "done", "2024-05-20")]}
    mart = acme(tmp_path, "2024-06-09", first_on="2024-05-31", later=later, **first)
    assert only(mart, "action_outcomes")["outcome"] == "done"
    again = acme(tmp_path / "later", "2024-06-10", first_on="2024-05-31", later=later, **first)
    assert only(again, "action_outcomes")["outcome"] == "wrong"


def test_an_outcome_that_leads_nowhere_is_kept_and_listed(tmp_path: Path) -> None:
    rows = [in_file(2, "done", "2024-05-20", customer_id="hubspot:99", of="silense")]
    mart = acme(tmp_path, "2024-06-30", decisions={"health_drivers": [SILENCE]}, files__action_outcomes=rows)
    assert only(mart, "action_outcomes")["customer_id"] is None
    references = mart.table("unresolved_references")
    told = references[references["source_object"] == "action_outcomes"]
    assert set(told["reference"]) == {"hubspot:99", "silense"}
    assert list(mart.table("action_results")["driver"]) == ["all"]


@pytest.mark.parametrize(
    ("outcomes", "n_done", "n_without"),
    [
        ([said("done", "2024-06-01")], 1, 0),
        ([said("wrong", "2024-06-01")], 0, 1),
        ([said("done", "2025-01-08")], 1, 0),
        # Due on the 9th of January: nobody could still act in the term, nor before the first outcome.
        ([said("done", "2025-01-09")], 0, 0),
        ([], 0, 0),
    ],
)
def test_a_renewal_is_one_acted_upon_if_that_was_done_in_its_term_and_before_its_due_day(
    tmp_path: Path, outcomes: list[Row], n_done: int, n_without: int
) -> None:
    mart = acme(
        tmp_path,
        "2025-01-31",
        decisions={"health_drivers": [SILENCE], "recorded_outcomes": outcomes},
        hubspot__deal_pipelines=[RENEWALS],
        hubspot__deals=[renewal(3, "2025-01-10", "lost")],
    )
    found = only(mart, "action_results", driver="all")
    assert (found["n_done"], found["n_without"], found["churned"]) == (n_done, n_without, n_done + n_without)
    assert found["rate_done"] == (0.0 if n_done else None)
    assert found["outcomes"] == len(outcomes)


def test_files_on_our_own_actions_tell_nothing_that_a_driver_could_need(tmp_path: Path) -> None:
    of_use = driver("utilization", "utilization", 0.8, 0.2, 1, needs="files")
    mart = scored(tmp_path, SILENCE, of_use, files__action_outcomes=[in_file(2, "done", "2024-06-01")])
    assert states(mart)["utilization"] == "unknown"
    assert june(mart)["health_coverage"] == 0.5
