"""The naive mart says of scores, bands and the confusion index what the definitions say, on drivers made for it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from tests.dbt.landing_writer import Row
from tests.reference.naive_mart import NaiveMart
from tests.reference.small_company import ACME, acme, call, driver, dropped, first_of, month, only, ticket

# Acme, won on 2024-01-10, is 173 days without a touch at the end of June.
SILENT = driver("silence", "longest_silence_days_365d", 0, 346, 3)
ALONE = driver("single_thread", "is_single_threaded", 0, 1, 1)
TROUBLED = driver("incidents", "incidents_180d", 0, 4, 4, needs="ticketing", in_confusion="quality")


def scored(tmp_path: Path, *drivers: Row, overrides: tuple[Row, ...] = (), **given: object) -> NaiveMart:
    decisions = {"health_drivers": list(drivers), "health_overrides": list(overrides)}
    return acme(tmp_path, "2024-06-30", decisions=decisions, **given)


def june(mart: NaiveMart) -> Row:
    return month(mart, "2024-06")


def states(mart: NaiveMart) -> dict[str, str]:
    points = mart.table("health_points")
    points = points[points["month"] == date(2024, 6, 1)]
    return dict(zip(points["driver"], points["state"], strict=True))


def test_the_score_is_a_hundred_less_what_each_driver_takes(tmp_path: Path) -> None:
    mart = scored(tmp_path, SILENT, ALONE)
    row = june(mart)
    assert row["longest_silence_days_365d"] == 173
    # Half of three quarters, and all of one quarter.
    assert (row["health_score"], row["health_floor"], row["health_coverage"]) == (37.5, 37.5, 1.0)
    assert row["health_band"] == "at_risk"
    silence, single = (
        only(mart, "health_points", month=first_of("2024-06"), driver=name) for name in ("silence", "single_thread")
    )
    assert (silence["penalty"], silence["points_lost"]) == (0.5, 37.5)
    assert (single["value"], single["points_lost"]) == (1.0, 25.0)
    assert (row["top_driver_1"], row["top_driver_2"], row["top_driver_3"]) == ("silence", "single_thread", None)


@pytest.mark.parametrize(("good_at", "bad_at", "penalty"), [(0, 100, 1.0), (200, 300, 0.0), (346, 0, 0.5)])
def test_a_penalty_stays_between_good_and_bad_and_good_may_lie_above(
    tmp_path: Path, good_at: float, bad_at: float, penalty: float
) -> None:
    mart = scored(tmp_path, driver("silence", "longest_silence_days_365d", good_at, bad_at))
    assert june(mart)["health_score"] == 100 * (1 - penalty)


def test_a_driver_with_nothing_to_measure_is_left_out_and_no_unknown(tmp_path: Path) -> None:
    mart = scored(tmp_path, ALONE, driver("nps", "last_nps", 9, 6, 5))
    assert states(mart) == {"single_thread": "known", "nps": "not_applicable"}
    assert (june(mart)["health_score"], june(mart)["health_coverage"]) == (0.0, 1.0)


def test_a_system_that_went_stale_makes_nobody_greener(tmp_path: Path) -> None:
    fresh = scored(tmp_path / "fresh", ALONE, TROUBLED, zendesk__tickets=[ticket(100, "2024-06-01")])
    row = june(fresh)
    assert (row["health_score"], row["confusion_quality"], row["confusion_index"]) == (60.0, 25.0, 25.0)
    assert row["health_band"] == "watch"
    crm_goes_on = [("2024-06-29", {"hubspot__calls": [call(1, "2024-06-28")]})]
    stale = scored(
        tmp_path / "stale",
        ALONE,
        TROUBLED,
        first_on="2024-06-28",
        later=crm_goes_on,
        zendesk__tickets=[ticket(100, "2024-06-01")],
    )
    row = june(stale)
    assert states(stale) == {"single_thread": "known", "incidents": "unknown"}
    # One incident is still counted, yet nobody can know that it is the only one.
    assert (row["incidents_180d"], row["confusion_quality"]) == (1, None)
    assert (row["health_score"], row["health_floor"], row["health_coverage"]) == (0.0, 0.0, 0.2)
    assert row["health_band"] == "unknown"


def test_before_its_first_load_a_system_was_as_good_as_connected(tmp_path: Path) -> None:
    mart = scored(tmp_path, ALONE, TROUBLED, zendesk__tickets=[ticket(100, "2024-03-01")])
    assert month(mart, "2024-04")["health_coverage"] == 1.0


def test_files_that_nobody_dropped_are_unknown_unless_their_weight_is_zero(tmp_path: Path) -> None:
    of_use = driver("utilization", "utilization", 0.8, 0.2, 1, needs="files")
    row = june(scored(tmp_path / "one", ALONE, of_use))
    assert (row["health_coverage"], row["health_band"]) == (0.5, "unknown")
    row = june(scored(tmp_path / "two", ALONE, {**of_use, "weight": 0.0}))
    assert (row["health_coverage"], row["health_band"]) == (1.0, "at_risk")


def test_files_are_stale_after_forty_five_days_without_a_new_one(tmp_path: Path) -> None:
    of_use = driver("utilization", "utilization", 0.8, 0.2, 1, needs="files")
    used = dropped("1", product="Drives", month="2024-03", units_bought="10", units_used="5")
    nothing: list[tuple[str, dict[str, list[Row]]]] = [("2024-06-29", {"files__product_usage": []})]
    mart = scored(tmp_path, ALONE, of_use, first_on="2024-05-01", later=nothing, files__product_usage=[used])
    states_of = {
        str(row["month"]): row["state"]
        for _, row in mart.table("health_points").iterrows()
        if row["driver"] == "utilization"
    }
    assert [states_of[f"2024-0{number}-01"] for number in (3, 4, 5, 6)] == [
        "known",
        "not_applicable",
        "not_applicable",
        "unknown",
    ]


def test_the_change_is_that_against_the_month_before(tmp_path: Path) -> None:
    mart = scored(tmp_path, driver("silence", "longest_silence_days_365d", 0, 300))
    assert month(mart, "2024-01")["health_score_change_1m"] is None
    assert june(mart)["health_score_change_1m"] == pytest.approx(-10)


def test_an_override_is_shown_beside_the_band_to_the_day_it_expires_on(tmp_path: Path) -> None:
    told = {"customer_id": ACME, "band": "healthy", "reason": "met their board"}
    overrides = (
        {**told, "set_on": "2024-03-15", "expires_on": "2024-04-30"},
        {**told, "band": "watch", "set_on": "2024-04-01", "expires_on": "2024-05-30"},
    )
    mart = scored(tmp_path, ALONE, overrides=overrides)
    shown = [month(mart, f"2024-0{number}")["override_band"] for number in (2, 3, 4, 5)]
    assert shown == [None, "healthy", "watch", None]
    assert month(mart, "2024-04")["health_band"] == "at_risk"
    assert month(mart, "2024-04")["override_expires_on"] == date(2024, 5, 30)


def test_the_confusion_index_is_the_mean_of_its_known_parts(tmp_path: Path) -> None:
    mart = scored(
        tmp_path,
        {**ALONE, "in_confusion": "people"},
        TROUBLED,
        driver("offerings", "offerings_pitched_180d", 1, 5, in_confusion="message"),
        hubspot__calls=[call(1, "2024-06-01", hs_call_title="Pricing", offering="Drives")],
        zendesk__tickets=[ticket(100, "2024-06-01")],
    )
    row = june(mart)
    parts = [row[f"confusion_{part}"] for part in ("message", "quality", "people")]
    assert parts == [0.0, 25.0, 100.0]
    assert row["confusion_index"] == pytest.approx(125 / 3)
