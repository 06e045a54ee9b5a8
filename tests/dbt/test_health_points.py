"""What must hold of health points whatever customers are like: many generated customers through the models' own SQL."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.dbt.compiled_models import CompiledModels
from tests.dbt.landing_writer import parsed_project

MODELS = ("int_health_drivers", "int_health_points_scored", "int_health_as_of")
SYSTEMS = ("crm", "files", "hr", "ticketing")
# The same customers on two days: on the second some systems are stale.
FRESH_ON, STALE_ON = date(2026, 5, 31), date(2026, 6, 30)

Row = dict[str, Any]

FINITE = st.floats(allow_nan=False, allow_infinity=False)
COUNTS = st.integers(0, 60) | st.sampled_from([-(2**63), 2**63 - 1])
SHARES = st.floats(0, 1) | st.sampled_from([0.0, -0.0, 1 / 3, 1e-300, -1e300, 1e300]) | FINITE
# One driver a column: which value is worse then has one answer.
VALUES = {
    "touches_90d": COUNTS,
    "team_median_tenure_days": SHARES,
    "pulse_coverage_12m": SHARES,
    "is_single_threaded": st.booleans(),
    "utilization": SHARES,
}
THRESHOLDS = st.sampled_from([0.0, 1.0, 0.1, 30.0, 1e-9]) | st.floats(-1e9, 1e9)
WEIGHTS = st.sampled_from([0.0, 1.0, 7.0, 0.1, 1 / 3, 1e-9, 1.4e-9]) | st.floats(0, 1e6)


@st.composite
def drivers(draw: st.DrawFn) -> list[Row]:
    """A row of the seed for each column, its cells as a person types them."""
    found = []
    for column in VALUES:
        good_at, bad_at = draw(st.tuples(THRESHOLDS, THRESHOLDS).filter(lambda both: both[0] != both[1]))
        found.append(
            {
                "driver": column,
                "column": column,
                "needs": "+".join(sorted(draw(st.sets(st.sampled_from(SYSTEMS), min_size=1, max_size=2)))),
                "pillar": "touches",
                "good_at": repr(good_at),
                "bad_at": repr(bad_at),
                "weight": repr(draw(WEIGHTS)),
                "in_confusion": None,
                "why_text": "{value}",
                "bring_text": "A call",
            }
        )
    return found


CUSTOMERS = st.lists(
    st.fixed_dictionaries({column: st.none() | values for column, values in VALUES.items()}), min_size=8, max_size=24
)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CompiledModels]:
    models = CompiledModels(tmp_path_factory.mktemp("health"), *MODELS)
    override = ("customer_id", "band", "reason", "set_by", "set_on", "expires_on")
    models.give("health_overrides", pd.DataFrame({name: pd.Series(dtype="string") for name in override}), "seeds")
    models.give("int_as_of_days", pd.DataFrame({"as_of_on": [FRESH_ON, STALE_ON]}))
    nodes = parsed_project().nodes
    measured = nodes["model.kept.int_customer_months_measured"].columns
    types = {one.name: one.data_type for one in nodes["model.kept.customer_months"].columns.values()}
    columns = ", ".join(f"{name} {types[name]}" for name in measured if name in types)
    models.connection.execute(f"create table retention.intermediate.int_customer_months_measured ({columns})")
    yield models
    models.connection.close()


def score(models: CompiledModels, seed: list[Row], customers: list[Row], stale: set[str]) -> tuple[Any, Any]:
    """Points by customer, day and driver, and what is made of them by customer and day."""
    models.give("health_drivers", pd.DataFrame(seed, dtype="string"), "seeds")
    models.give("int_health_drivers", models.answer("int_health_drivers"))
    known = [(one, on, on == FRESH_ON or one not in stale) for one in SYSTEMS for on in (FRESH_ON, STALE_ON)]
    models.give("int_systems_known_as_of", pd.DataFrame(known, columns=["capability", "as_of_on", "is_fresh"]))
    table = "retention.intermediate.int_customer_months_measured"
    names = ["customer_id", "as_of_on", "month", "is_current", *VALUES]
    models.connection.execute(f"truncate {table}")
    models.connection.executemany(
        f"insert into {table} ({', '.join(names)}) values ({', '.join('?' * len(names))})",
        [
            [number, on, on.replace(day=1), on == STALE_ON, *(customer[column] for column in VALUES)]
            for number, customer in enumerate(customers)
            for on in (FRESH_ON, STALE_ON)
        ],
    )
    points = models.answer("int_health_points_scored")
    judged = models.answer("int_health_as_of", int_health_points_scored=points)
    for frame in (points, judged):
        frame["customer_id"] = frame["customer_id"].astype(int)
        frame["as_of_on"] = pd.to_datetime(frame["as_of_on"]).dt.date
    return points, judged.set_index(["customer_id", "as_of_on"])


def worse_off(seed: list[Row], customers: list[Row]) -> list[tuple[int, Row]]:
    """Each customer again with one value that lies farther towards bad, where another customer has such a value."""
    found = []
    for number, customer in enumerate(customers):
        driver = seed[number % len(seed)]
        column = driver["column"]
        towards_bad = max if float(driver["bad_at"]) > float(driver["good_at"]) else min
        told = [one[column] for one in customers if one[column] is not None]
        if customer[column] is not None:
            found.append((number, {**customer, column: towards_bad(told)}))
    return found


# Not shrunk: each try asks the engine anew, and a failure of a dozen customers can be read as it is.
@settings(
    max_examples=8,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(drivers(), CUSTOMERS, st.sets(st.sampled_from(SYSTEMS), min_size=1))
def test_points_explain_the_score_to_the_last_digit_and_neither_worse_nor_unknown_looks_better(
    models: CompiledModels, seed: list[Row], customers: list[Row], stale: set[str]
) -> None:
    again = worse_off(seed, customers)
    points, judged = score(models, seed, [*customers, *(customer for _, customer in again)], stale)

    assert len(points) == 2 * len(seed) * (len(customers) + len(again))
    assert points["points_lost"].between(0, 100).all()
    for key, of_customer in points.groupby(["customer_id", "as_of_on"]):
        explained = Decimal(100) - sum(Decimal(f"{lost:.9f}") for lost in of_customer["points_lost"])
        counts = of_customer[(of_customer["state"] == "known") & (of_customer["weight"] > 0)]
        if counts.empty:
            assert pd.isna(judged.loc[key, "health_score"])
            assert explained == 100
        else:
            assert Decimal(f"{judged.loc[key, 'health_score']:.9f}") == explained
            assert 0 <= judged.loc[key, "health_floor"] <= judged.loc[key, "health_score"] <= 100

    for position, (number, _) in enumerate(again, start=len(customers)):
        for on in (FRESH_ON, STALE_ON):
            for column in ("health_score", "health_floor"):
                was, became = judged.loc[(number, on), column], judged.loc[(position, on), column]
                assert pd.isna(was) == pd.isna(became)
                assert pd.isna(was) or became <= was

    floors = judged["health_floor"].unstack()
    both = floors.dropna(subset=[FRESH_ON])
    assert (both[STALE_ON].fillna(0) <= both[FRESH_ON]).all()
