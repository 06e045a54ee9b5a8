"""Proposed weights of the health drivers: what renewals move and what they do not, and that a person decides."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest
from click.testing import CliRunner
from scipy import stats

from dagster_project import weights
from dagster_project.__main__ import DEMO_MARK, commands
from dagster_project.settings import PROJECT_DIR
from tests.house.mutations import create_mart

# What a driver's full penalty adds to the log odds of a loss, beside its current weight; none for a placebo.
PLANTED: Mapping[str, tuple[float, float]] = {
    "grave": (2.0, 1.0),
    "mild": (0.7, 1.0),
    "placebo": (0.0, 1.0),
    "shown_only": (1.0, 0.0),
}


def publish(
    path: Path, renewals: int = 3_000, *, planted: Mapping[str, tuple[float, float]] = PLANTED, lots: int = 7
) -> Path:
    """A publication of so many decided renewals over four years, lost as the planted log odds say.

    Of "mild" a fifth is not known, of "never_known" nothing is.
    """
    draw = np.random.default_rng(lots)
    terms: list[dict[str, Any]] = []
    points: list[dict[str, Any]] = []
    for number in range(renewals):
        due_on = date(2022, 6, 1) + timedelta(days=int(draw.integers(0, 4 * 365)))
        month = (due_on - timedelta(days=120)).replace(day=1)
        penalties = {driver: float(np.clip(draw.normal(0.3, 0.5), 0, 1)) for driver in planted}
        log_odds = -2.6 + sum(planted[driver][0] * penalty for driver, penalty in penalties.items())
        customer_id = f"hubspot:{number}"
        terms.append(
            {
                "renewal_id": f"r{number}",
                "customer_id": customer_id,
                "outcome": "churned" if draw.random() < 1 / (1 + math.exp(-log_odds)) else "renewed",
                "due_on": due_on,
                "decided_on": due_on,
                "backtest_month": month,
            }
        )
        for driver, penalty in penalties.items():
            known = not (driver == "mild" and draw.random() < 0.2)
            points.append(point_of(customer_id, month, driver, planted[driver][1], penalty if known else None))
        points.append(point_of(customer_id, month, "never_known", 2.5, None))
    lost = sum(term["outcome"] == "churned" for term in terms)
    backtest = {
        "predictor": "health_score",
        "segment": "all",
        "n": renewals,
        "churned": lost,
        "is_validatable": lost >= 50,
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema mart")
        create_mart(connection, "renewals", terms, "mart")
        create_mart(connection, "health_points", points, "mart")
        create_mart(connection, "health_backtest", [backtest], "mart")
    return path


def point_of(customer_id: str, month: date, driver: str, weight: float, penalty: float | None) -> dict[str, Any]:
    return {"customer_id": customer_id, "month": month, "driver": driver, "weight": weight, "penalty": penalty}


@pytest.fixture(scope="module")
def publication(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return publish(tmp_path_factory.mktemp("weights") / "published" / "kept.duckdb")


@pytest.fixture(scope="module")
def proposal(publication: Path) -> weights.Proposal:
    return weights.propose(publication)


def proposed(proposal: weights.Proposal) -> dict[str, float]:
    return dict(zip(proposal.earlier.drivers, proposal.weights.tolist(), strict=True))


def test_what_costs_renewals_gains_weight_and_a_placebo_loses_it(proposal: weights.Proposal) -> None:
    found = proposed(proposal)
    assert found["grave"] > found["shown_only"] > found["placebo"]
    assert found["grave"] > found["mild"] > found["placebo"]
    assert min(found.values()) >= 0


def test_the_weights_keep_their_sum_and_a_driver_never_known_its_own(proposal: weights.Proposal) -> None:
    found = proposed(proposal)
    assert found["never_known"] == 2.5
    assert sum(found.values()) == pytest.approx(sum(weight for _, weight in PLANTED.values()) + 2.5, abs=0.03)


def test_they_are_fitted_before_a_year_and_tried_from_it_on(proposal: weights.Proposal) -> None:
    year = proposal.later_from
    assert proposal.earlier.decided_in.max() == year - 1
    assert proposal.later.known_in.min() == year
    assert proposal.later.is_lost.sum() >= (proposal.later.is_lost.sum() + proposal.earlier.is_lost.sum()) / 3


def test_better_weights_rank_the_later_renewals_better(proposal: weights.Proposal) -> None:
    assert proposal.auc_gained.low > 0
    gained = proposal.auc_proposed.estimate - proposal.auc_current.estimate
    assert proposal.auc_gained.estimate == pytest.approx(gained)


def test_a_year_can_be_given(publication: Path) -> None:
    assert weights.propose(publication, 2026).later_from == 2026


def test_where_nothing_costs_renewals_no_weights_are_found_better(tmp_path: Path) -> None:
    nothing = {name: (0.0, float(weight)) for weight, name in enumerate(("a", "b", "c", "d"), start=1)}
    proposal = weights.propose(publish(tmp_path / "kept.duckdb", planted=nothing))
    assert proposal.auc_current.low < 0.5 < proposal.auc_current.high
    assert proposal.auc_gained.low <= 0 <= proposal.auc_gained.high


def test_the_auc_is_the_mann_whitney_statistic_over_the_pairs() -> None:
    draw = np.random.default_rng(3)
    first, second = np.round(draw.random((2, 200)), 1)
    is_lost = draw.random(200) < 0.3
    found = weights.aucs(first, second, is_lost)
    for score, interval in zip((first, second), found, strict=False):
        statistic = stats.mannwhitneyu(score[is_lost], score[~is_lost]).statistic
        assert interval.estimate == pytest.approx(statistic / (is_lost.sum() * (~is_lost).sum()))


def test_a_score_gains_nothing_over_itself() -> None:
    draw = np.random.default_rng(3)
    score, is_lost = draw.random(200), draw.random(200) < 0.3
    assert weights.aucs(score, score, is_lost)[2] == weights.Interval(0, 0, 0)


def test_risk_is_the_health_scores_own_formula() -> None:
    penalties = np.array([[0.5, 1.0, np.nan], [np.nan, 0.25, 0.0], [np.nan, np.nan, np.nan]])
    years = np.zeros(3, int)
    renewals = weights.Renewals(("a", "b", "c"), np.ones(3), penalties, np.zeros(3, bool), years, years, years)
    found = weights.risk(renewals, np.array([3.0, 1.0, 4.0]))
    assert found[:2].tolist() == [pytest.approx((1.5 + 1) / 4), pytest.approx(0.25 / 5)]
    assert math.isnan(found[2])


# The command


def ask(data_dir: Path, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> str:
    """What the command says about the data of a demo in that folder."""
    monkeypatch.setenv("KEPT_DATA_DIR", str(data_dir))
    monkeypatch.setattr("dagster_project.__main__.has_systems", lambda: False)
    (data_dir / DEMO_MARK).touch()
    result = CliRunner().invoke(commands, ["propose-weights", *arguments])
    assert result.exit_code == 0, result.output
    return result.output


def test_the_command_shows_both_weights_and_both_backtests_and_changes_nothing(
    publication: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    watched = [publication, *(PROJECT_DIR / "seeds" / "health").iterdir()]
    before = [path.read_bytes() for path in watched]
    shown = ask(publication.parents[1], monkeypatch)
    assert [path.read_bytes() for path in watched] == before
    lines = [line.split() for line in shown.splitlines()]
    assert {line[0] for line in lines if line and line[0] in PLANTED} == set(PLANTED)
    assert "AUC on the renewals tried, current weights:" in shown
    assert "AUC on the renewals tried, proposed weights:" in shown
    assert "the proposed weights rank better" in shown
    assert "Nothing has been changed" in shown


def test_too_few_churned_renewals_propose_no_weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(tmp_path / "published" / "kept.duckdb", 100)
    shown = ask(tmp_path, monkeypatch)
    assert "Not validatable yet" in shown
    assert "driver" not in shown


def test_a_year_that_leaves_too_few_says_so(publication: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = ask(publication.parents[1], monkeypatch, "--later-from", "2022")
    assert "Of the renewals decided before 2022, 0 churned and 0 were kept" in shown


def test_before_anything_is_published_the_remedy_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "run make refresh or make demo first" in ask(tmp_path, monkeypatch)


def test_a_publication_without_a_backtest_names_the_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "published").mkdir()
    duckdb.connect(str(tmp_path / "published" / "kept.duckdb")).close()
    assert "run make rebuild first" in ask(tmp_path, monkeypatch)


def test_the_help_says_that_a_person_decides() -> None:
    result = CliRunner().invoke(commands, ["propose-weights", "--help"])
    assert "A person decides" in result.output
