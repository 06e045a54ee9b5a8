"""The statistics that the marts compute in SQL, held against well-kept libraries on random data."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.duration.survfunc import SurvfuncRight
from statsmodels.stats.proportion import proportion_confint

from dagster_project.weights import aucs
from tests.dbt.compiled_models import CompiledModels

MODELS = ("int_predictors_ranked_on_renewals", "retention_drivers", "renewal_survival")
Z = stats.norm.ppf(0.975)
on_random_data = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CompiledModels]:
    engine = CompiledModels(tmp_path_factory.mktemp("statistics"), *MODELS)
    yield engine
    engine.connection.close()


def renewals(risks: np.ndarray, is_lost: np.ndarray, segment: Any = "s") -> pd.DataFrame:
    columns = {"predictor": "p", "predictor_kind": "driver", "bucket": "middle"}
    return pd.DataFrame({"risk": risks, "is_lost": is_lost, "segment": segment, **columns})


def ranked(engine: CompiledModels, given: pd.DataFrame) -> pd.DataFrame:
    found = engine.answer("int_predictors_ranked_on_renewals", int_predictors_joined_to_renewals=given)
    return found.set_index("segment")


# Few different values: what a penalty clamped at both ends gives is ties above all.
VALUES = st.sampled_from([0.0, 0.0, 0.25, 0.5, 0.75, 1.0]) | st.floats(0, 1).map(lambda value: round(value, 9))
BOTH_KINDS = st.tuples(st.lists(VALUES, min_size=2, max_size=60), st.lists(VALUES, min_size=2, max_size=60))


@on_random_data
@given(BOTH_KINDS)
def test_the_auc_is_the_mann_whitney_statistic_over_the_pairs(
    engine: CompiledModels, both: tuple[list[float], list[float]]
) -> None:
    lost, kept = (np.array(values) for values in both)
    is_lost = np.repeat([True, False], [len(lost), len(kept)])
    found = ranked(engine, renewals(np.concatenate([lost, kept]), is_lost)).loc["all"]
    pairs = stats.mannwhitneyu(lost, kept, method="asymptotic").statistic / (len(lost) * len(kept))
    assert found["auc"] == pytest.approx(pairs, abs=1e-12)
    assert (found["n"], found["churned"]) == (len(is_lost), len(lost))


@on_random_data
@given(BOTH_KINDS)
def test_its_interval_is_that_of_delong(engine: CompiledModels, both: tuple[list[float], list[float]]) -> None:
    lost, kept = (np.array(values) for values in both)
    is_lost = np.repeat([True, False], [len(lost), len(kept)])
    found = ranked(engine, renewals(np.concatenate([lost, kept]), is_lost)).loc["all"]
    wins = (lost[:, None] > kept) + 0.5 * (lost[:, None] == kept)
    variance = wins.mean(axis=1).var(ddof=1) / len(lost) + wins.mean(axis=0).var(ddof=1) / len(kept)
    reach = Z * math.sqrt(variance)
    assert found["auc_low"] == pytest.approx(max(wins.mean() - reach, 0), abs=1e-9)
    assert found["auc_high"] == pytest.approx(min(wins.mean() + reach, 1), abs=1e-9)
    printed, _, _ = aucs(np.concatenate([lost, kept]), np.concatenate([lost, kept]), is_lost)
    assert (printed.low, printed.high) == pytest.approx((found["auc_low"], found["auc_high"]), abs=1e-9)


@on_random_data
@given(BOTH_KINDS)
def test_the_worst_tenth_holds_what_it_holds_on_average_when_ties_are_broken_by_lot(
    engine: CompiledModels, both: tuple[list[float], list[float]]
) -> None:
    lost, kept = (np.array(values) for values in both)
    risks, is_lost = np.concatenate([lost, kept]), np.repeat([True, False], [len(lost), len(kept)])
    found = ranked(engine, renewals(risks, is_lost)).loc["all"]
    size = math.ceil(len(risks) / 10)
    edge = np.sort(risks)[-size]
    within, at_edge = is_lost[risks > edge], is_lost[risks == edge]
    held = within.sum() + at_edge.mean() * (size - len(within))
    assert found["capture_worst_tenth"] == pytest.approx(held / is_lost.sum(), abs=1e-8)
    assert found["lift_worst_tenth"] == pytest.approx(held / size / is_lost.mean(), abs=1e-7)


def test_shuffled_outcomes_are_no_better_than_chance_in_nineteen_cases_of_twenty(engine: CompiledModels) -> None:
    lots = np.random.default_rng(7)
    risks = np.round(np.clip(lots.normal(0.3, 0.4, 500), 0, 1), 2)
    is_lost = np.arange(500) < 60
    shuffles = [renewals(risks, lots.permutation(is_lost), f"shuffle {number}") for number in range(400)]
    found = ranked(engine, pd.concat(shuffles)).drop("all")
    covers = (found["auc_low"] <= 0.5) & (found["auc_high"] >= 0.5)
    # 95 % of 400, give or take three standard errors.
    assert 0.917 <= covers.mean() <= 0.983


def test_rates_have_wilsons_interval(engine: CompiledModels) -> None:
    sizes = [*range(1, 41), 97, 1_000]
    shares = [(n, retained) for n in sizes for retained in sorted({*range(0, n + 1, max(n // 20, 1)), n})]
    rows = pd.DataFrame(
        {"predictor": f"{n} {retained}", "bucket": "bad", "is_lost": number >= retained}
        for n, retained in shares
        for number in range(n)
    )
    found = engine.answer(
        "retention_drivers",
        int_predictors_joined_to_renewals=rows,
        int_renewals_assessed=rows,
        int_health_drivers=pd.DataFrame(
            {"driver": ["none"], "measured_column": ["none"], "good_at": [0.0], "bad_at": [1.0]}
        ),
    )
    assert len(found) == len(shares)
    low, high = proportion_confint(found["retained"], found["n"], method="wilson")
    assert found["rate_low"].to_numpy() == pytest.approx(low, abs=1e-11)
    assert found["rate_high"].to_numpy() == pytest.approx(high, abs=1e-11)


# A contract's first observed term, how many it has had since, and whether the last of them is lost or still runs.
CONTRACTS = st.lists(st.tuples(st.integers(1, 4), st.integers(1, 5), st.booleans()), min_size=1, max_size=60)


def terms(contracts: list[tuple[int, int, bool]]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "segment": "s",
            "term_number": first + number,
            "is_decided": is_lost or number < count - 1,
            "is_lost": is_lost and number == count - 1,
            "is_late_entry": first > 1 and number == 0,
        }
        for first, count, is_lost in contracts
        for number in range(count)
    )


def lives(contracts: list[tuple[int, int, bool]]) -> list[tuple[int, int, bool]]:
    """Entry, duration and loss in terms lived through; a contract seen in no term but a running one tells nothing."""
    observed = [(first - 1, first + count - (1 if is_lost else 2), is_lost) for first, count, is_lost in contracts]
    return [(entry, duration, is_lost) for entry, duration, is_lost in observed if duration > entry]


def survival(engine: CompiledModels, contracts: list[tuple[int, int, bool]]) -> pd.DataFrame:
    found = engine.answer("renewal_survival", int_terms_observed=terms(contracts))
    return found[(found["segment"] == "all") & (found["due"] > 0)].set_index("term_number").sort_index()


@on_random_data
@given(CONTRACTS)
def test_survival_with_late_entry_is_that_of_kaplan_and_meier(
    engine: CompiledModels, contracts: list[tuple[int, int, bool]]
) -> None:
    found = survival(engine, contracts)
    if not any(is_lost for _, _, is_lost in lives(contracts)):
        assert (found["survival"] == 1).all()
        return
    entry, duration, is_lost = (np.array(values) for values in zip(*lives(contracts), strict=True))
    expected = SurvfuncRight(duration, is_lost.astype(int), entry=entry)
    shown = found.loc[expected.surv_times.astype(int)]
    assert shown["due"].tolist() == expected.n_risk.tolist()
    assert shown["lost"].tolist() == expected.n_events.tolist()
    assert shown["survival"].to_numpy() == pytest.approx(expected.surv_prob, abs=1e-9)
    for (_, row), estimate, error in zip(shown.iterrows(), expected.surv_prob, expected.surv_prob_se, strict=True):
        if estimate in (0, 1) or math.isnan(error):
            assert math.isnan(row["survival_low"]) and math.isnan(row["survival_high"])
            continue
        reach = Z * error / estimate / abs(math.log(estimate))
        assert row["survival_low"] == pytest.approx(estimate ** math.exp(reach), abs=1e-9)
        assert row["survival_high"] == pytest.approx(estimate ** math.exp(-reach), abs=1e-9)


@pytest.mark.filterwarnings("ignore:The confidence interval is undefined")
@on_random_data
@given(CONTRACTS)
def test_its_interval_is_the_log_log_one_of_greenwoods_variance(
    engine: CompiledModels, contracts: list[tuple[int, int, bool]]
) -> None:
    from_the_first = [(1, count, is_lost) for _, count, is_lost in contracts]
    observed = lives(from_the_first)
    if not observed:
        return
    found = survival(engine, from_the_first)
    _, duration, is_lost = (np.array(values) for values in zip(*observed, strict=True))
    expected = stats.ecdf(stats.CensoredData.right_censored(duration, ~is_lost)).sf
    interval = expected.confidence_interval(method="log-log")
    for term, estimate, low, high in zip(
        expected.quantiles, expected.probabilities, interval.low.probabilities, interval.high.probabilities, strict=True
    ):
        row = found.loc[int(term)]
        assert row["survival"] == pytest.approx(estimate, abs=1e-9)
        if 0 < estimate < 1:
            assert (row["survival_low"], row["survival_high"]) == (
                pytest.approx(low, abs=1e-9),
                pytest.approx(high, abs=1e-9),
            )
