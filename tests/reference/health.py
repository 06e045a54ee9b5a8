"""The health score and the confused-customer index: what each driver takes from a customer, and what nobody can know.

Drivers and overrides are rows of the files in `seeds/health`.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import date
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import pandas

from tests.reference.days import add_months
from tests.reference.files import Files
from tests.reference.landing import Landing, Row
from tests.reference.months import Months

SYSTEMS = {"crm": "hubspot", "ticketing": "zendesk", "hr": "bamboohr", "files": "files"}
# How old the newest load may be; files mostly come once a month, and looking for them in vain tells nothing.
FRESHNESS_HOURS = {"hubspot": 36, "zendesk": 36, "bamboohr": 36, "files": 45 * 24}
HEALTHY_FROM = 70.0
AT_RISK_UNDER = 40.0
KNOWN_ENOUGH = 0.6


@dataclass(frozen=True)
class Driver:
    driver: str
    column: str
    needs: str
    pillar: str
    good_at: float
    bad_at: float
    weight: float
    in_confusion: str | None

    def penalty(self, value: float) -> float:
        """How far the value lies on the way from good to bad, 0 to 1."""
        return min(1.0, max(0.0, (value - self.good_at) / (self.bad_at - self.good_at)))


@dataclass(frozen=True)
class Override:
    customer_id: str
    band: str
    reason: str
    set_on: date
    expires_on: date

    def in_force(self, as_of: date) -> bool:
        """From the day it was set on to the day it expires on, that day included."""
        return self.set_on <= as_of <= self.expires_on


@dataclass(frozen=True)
class Point:
    """One driver of one customer and month."""

    driver: Driver
    state: str
    value: float | None
    penalty: float | None

    @property
    def loss(self) -> float:
        """Weighted penalty; 0 unless known."""
        return self.driver.weight * self.penalty if self.penalty is not None else 0.0


class Health:
    def __init__(self, landing: Landing, files: Files, months: Months, seeds: Path) -> None:
        self.landing = landing
        self.files = files
        self.months = months
        self.seeds = seeds

    @cached_property
    def drivers(self) -> list[Driver]:
        with (self.seeds / "health" / "health_drivers.csv").open(encoding="utf-8") as file:
            return [
                Driver(
                    driver=row["driver"],
                    column=row["column"],
                    needs=row["needs"],
                    pillar=row["pillar"],
                    good_at=float(row["good_at"]),
                    bad_at=float(row["bad_at"]),
                    weight=float(row["weight"]),
                    in_confusion=row["in_confusion"] or None,
                )
                for row in csv.DictReader(file)
            ]

    @cached_property
    def overrides(self) -> list[Override]:
        with (self.seeds / "health" / "health_overrides.csv").open(encoding="utf-8") as file:
            return [
                Override(
                    customer_id=row["customer_id"],
                    band=row["band"],
                    reason=row["reason"],
                    set_on=date.fromisoformat(row["set_on"]),
                    expires_on=date.fromisoformat(row["expires_on"]),
                )
                for row in csv.DictReader(file)
            ]

    def is_unknown(self, needs: str, as_of: date) -> bool:
        """Whether one of the systems was never connected, or had not been read for too long at the end of the day.

        Before its first load a system counts as connected: that load told what was before.
        """
        return any(self.is_silent(SYSTEMS[system], as_of) for system in needs.split("+"))

    @cache  # noqa: B019 - an instance lives as long as one test
    def is_silent(self, system: str, as_of: date) -> bool:
        is_connected = self.files.is_connected if system == "files" else self.landing.is_connected(system)
        hours = self.landing.hours_since_load(system, as_of)
        return not is_connected or (hours is not None and hours > FRESHNESS_HOURS[system])

    def points(self, row: Row) -> list[Point]:
        """What each driver takes from the customer of a row of customer_months."""
        found = []
        for driver in self.drivers:
            value = figure(row[driver.column])
            if self.is_unknown(driver.needs, row["as_of_on"]):
                found.append(Point(driver, "unknown", None, None))
            elif value is None:
                found.append(Point(driver, "not_applicable", None, None))
            else:
                found.append(Point(driver, "known", value, driver.penalty(value)))
        return found

    @cached_property
    def scored(self) -> list[tuple[Row, list[Point]]]:
        return [(row, self.points(row)) for row in self.months.measured]

    def customer_months(self) -> pandas.DataFrame:
        return pandas.DataFrame(self.rows, dtype=object)

    @cached_property
    def rows(self) -> list[Row]:
        """Rows of customer_months with the groups index and health."""
        found = [{**row, **self.columns(row, points)} for row, points in self.scored]
        scores = {(row["customer_id"], row["month"]): row["health_score"] for row in found}
        for row in found:
            now, before = row["health_score"], scores.get((row["customer_id"], add_months(row["month"], -1)))
            row["health_score_change_1m"] = now - before if now is not None and before is not None else None
        return found

    def columns(self, row: Row, points: list[Point]) -> Row:
        known = [point for point in points if point.state == "known"]
        known_weight = sum(point.driver.weight for point in known)
        unknown_weight = sum(point.driver.weight for point in points if point.state == "unknown")
        score = remaining(sum(point.loss for point in known), known_weight)
        floor = remaining(sum(point.loss for point in known) + unknown_weight, known_weight + unknown_weight)
        whole = known_weight + unknown_weight
        coverage = known_weight / whole if whole else None
        parts = {
            name: confusion([point for point in known if point.driver.in_confusion == name])
            for name in ("message", "quality", "people")
        }
        told = [part for part in parts.values() if part is not None]
        # Equal losses must not differ by how doubles divide.
        worst = sorted(known, key=lambda point: (-round(point.loss, 9), point.driver.driver))
        top = [point.driver.driver for point in worst if point.loss > 0][:3]
        override = self.override(row["customer_id"], row["as_of_on"])
        return {
            **{f"confusion_{name}": part for name, part in parts.items()},
            "confusion_index": sum(told) / len(told) if told else None,
            "health_score": score,
            "health_floor": floor,
            "health_coverage": coverage,
            "health_band": band(floor, coverage),
            "override_band": override.band if override else None,
            "override_reason": override.reason if override else None,
            "override_expires_on": override.expires_on if override else None,
            **{f"top_driver_{rank}": top[rank - 1] if len(top) >= rank else None for rank in (1, 2, 3)},
        }

    def override(self, customer_id: str, as_of: date) -> Override | None:
        """The override in force that was set last."""
        found = [one for one in self.overrides if one.customer_id == customer_id and one.in_force(as_of)]
        return max(found, key=lambda one: one.set_on, default=None)

    def health_points(self) -> pandas.DataFrame:
        found = []
        for row, points in self.scored:
            whole = sum(point.driver.weight for point in points if point.state == "known")
            for point in points:
                found.append(
                    {
                        **{name: row[name] for name in ("customer_id", "month", "as_of_on", "is_current")},
                        "driver": point.driver.driver,
                        "pillar": point.driver.pillar,
                        "measured_column": point.driver.column,
                        "needs": point.driver.needs,
                        "value": point.value,
                        "penalty": point.penalty,
                        "weight": point.driver.weight,
                        "points_lost": 100 * point.loss / whole if whole else 0.0,
                        "state": point.state,
                    }
                )
        return pandas.DataFrame(found, dtype=object)


def figure(value: Any) -> float | None:
    """A measured value as a number; false is 0, true is 1."""
    return None if value is None else float(value)


def remaining(lost: float, whole: float) -> float | None:
    return 100 * (1 - lost / whole) if whole else None


def confusion(points: list[Point]) -> float | None:
    """Weighted mean penalty of a part's drivers, of 100."""
    whole = sum(point.driver.weight for point in points)
    return 100 * sum(point.loss for point in points) / whole if whole else None


def band(floor: float | None, coverage: float | None) -> str:
    if floor is None or coverage is None or coverage < KNOWN_ENOUGH:
        return "unknown"
    if floor >= HEALTHY_FROM:
        return "healthy"
    return "at_risk" if floor < AT_RISK_UNDER else "watch"
