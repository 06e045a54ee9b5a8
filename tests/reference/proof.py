"""Whether any of it predicts: drivers and scores, as known months before, against the renewals that followed."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

import pandas

from tests.reference.days import add_months, share
from tests.reference.deals import Deals, Term
from tests.reference.health import Driver, Health, Point, figure
from tests.reference.landing import Row

# Two-sided 95 % of a normal distribution.
Z = 1.959963984540054
CHURNED_ENOUGH = 50
SCORES = {"health_score": -1.0, "health_floor": -1.0, "confusion_index": 1.0}


@dataclass(frozen=True)
class Decided:
    """A decided renewal and what was known of the customer at the last month end at least 90 days before it was due."""

    term: Term
    is_lost: bool
    row: Row
    points: list[Point]

    @property
    def segment(self) -> str:
        return self.row["segment"] or "unknown"

    def point(self, driver: Driver) -> Point:
        return next(point for point in self.points if point.driver is driver)


class Proof:
    def __init__(self, deals: Deals, health: Health, as_of: date) -> None:
        self.deals = deals
        self.health = health
        self.as_of = as_of

    @cached_property
    def terms(self) -> list[tuple[str, Term, str]]:
        """Every term of a known customer with its outcome as known now."""
        return [
            (customer_id, term, self.deals.outcome(term, self.as_of))
            for customer_id in self.deals.by_customer
            if customer_id is not None
            for term in self.deals.terms(customer_id, self.as_of)
        ]

    @cached_property
    def decided(self) -> list[Decided]:
        """Decided renewals of whose customer anything was known by then."""
        points = {(row["customer_id"], row["as_of_on"]): found for row, found in self.health.scored}
        rows = {(row["customer_id"], row["as_of_on"]): row for row in self.health.rows}
        found = []
        for customer_id, term, outcome in self.terms:
            key = (customer_id, last_month_end(term.due_on - timedelta(days=90)))
            if outcome != "open" and key in rows:
                found.append(Decided(term, outcome == "churned", rows[key], points[key]))
        return found

    def retention_drivers(self) -> pandas.DataFrame:
        found = []
        all_rate = share(sum(not one.is_lost for one in self.decided), len(self.decided))
        for driver in self.health.drivers:
            buckets: dict[str, list[bool]] = {}
            for one in self.decided:
                buckets.setdefault(bucket(one.point(driver)), []).append(not one.is_lost)
            for name, kept in buckets.items():
                n, retained = len(kept), sum(kept)
                low, high = wilson(retained, n)
                found.append(
                    {
                        "driver": driver.driver,
                        "bucket": name,
                        "n": n,
                        "retained": retained,
                        "rate": retained / n,
                        "rate_low": low,
                        "rate_high": high,
                        "rate_of_all": all_rate,
                        "lift": share(retained / n, all_rate or 0.0),
                    }
                )
        return pandas.DataFrame(found, dtype=object)

    def health_backtest(self) -> pandas.DataFrame:
        found = []
        for name, worse, segment in self.predictors():
            of_segment = [one for one in self.decided if segment in ("all", one.segment)]
            judged = [(worst, one) for one in of_segment if (worst := worse[id(one)]) is not None]
            if judged:
                found.append({"predictor": name, "segment": segment, **self.backtest(name, judged)})
        return pandas.DataFrame(found, dtype=object)

    def predictors(self) -> list[tuple[str, dict[int, float | None], str]]:
        """Each score and driver by how bad it was for each decided renewal, for each segment and all."""
        segments = ["all", *sorted({one.segment for one in self.decided})]
        worse: dict[str, dict[int, float | None]] = {}
        for name, sign in SCORES.items():
            values = {id(one): figure(one.row[name]) for one in self.decided}
            worse[name] = {key: None if value is None else sign * value for key, value in values.items()}
        for driver in self.health.drivers:
            worse[driver.driver] = {id(one): one.point(driver).penalty for one in self.decided}
        return [(name, values, segment) for name, values in worse.items() for segment in segments]

    def backtest(self, name: str, judged: list[tuple[float, Decided]]) -> Row:
        lost = [worst for worst, one in judged if one.is_lost]
        kept = [worst for worst, one in judged if not one.is_lost]
        area = auc(lost, kept)
        low, high = hanley_mcneil(area, len(lost), len(kept))
        captured = worst_tenth([(worst, one.is_lost) for worst, one in judged])
        tenth = math.ceil(len(judged) / 10)
        rate = len(lost) / len(judged)
        green = [one for _, one in judged if one.is_lost and one.row["health_band"] == "healthy"]
        is_score = name in SCORES
        return {
            "n": len(judged),
            "churned": len(lost),
            "auc": area,
            "auc_low": low,
            "auc_high": high,
            "lift": share(captured / tenth, rate),
            "capture": share(captured, len(lost)),
            "brier_score": self.brier([one for _, one in judged]) if is_score else None,
            "green_then_churned_share": share(len(green), len(lost)) if is_score else None,
            "is_validatable": len(lost) >= CHURNED_ENOUGH,
        }

    def brier(self, judged: list[Decided]) -> float | None:
        """Mean squared distance of a band's loss rate in earlier years from what came of each renewal."""
        squares = []
        for one in judged:
            earlier = [
                other.is_lost
                for other in judged
                if other.term.due_on.year < one.term.due_on.year and other.row["health_band"] == one.row["health_band"]
            ]
            if earlier:
                squares.append((sum(earlier) / len(earlier) - one.is_lost) ** 2)
        return share(sum(squares), len(squares))

    @cached_property
    def is_validatable(self) -> bool:
        scored = [one for one in self.decided if one.row["health_score"] is not None]
        return sum(one.is_lost for one in scored) >= CHURNED_ENOUGH

    def renewal_risk(self, band: str) -> float | None:
        """Share of decided renewals lost from a band; null while the score cannot be judged."""
        lost = [one.is_lost for one in self.decided if one.row["health_band"] == band]
        return share(sum(lost), len(lost)) if self.is_validatable else None

    def expected_loss(self, customer_id: str, band: str) -> float | None:
        """Risk times what is due within twelve months, overdue renewals included."""
        risk = self.renewal_risk(band)
        until = add_months(self.as_of, 12)
        due = [
            self.deals.arr_due(term, self.as_of) or 0.0
            for owner, term, outcome in self.terms
            if owner == customer_id and outcome == "open" and term.due_on <= until
        ]
        return risk * sum(due) if risk is not None else None

    def renewal_survival(self) -> pandas.DataFrame:
        """Contracts by how many terms they lived; an undecided term is censored, a contract enters with its first."""
        segments = {customer: self.segment(customer) for customer, _, _ in self.terms}
        found = []
        for segment in ["all", *sorted(set(segments.values()))]:
            survival, spread = 1.0, 0.0
            of_segment = [(t, outcome) for c, t, outcome in self.terms if segment in ("all", segments[c])]
            for number in sorted({term.number for term, _ in of_segment}):
                outcomes = [outcome for term, outcome in of_segment if term.number == number and outcome != "open"]
                due, lost = len(outcomes), outcomes.count("churned")
                if due == 0:
                    continue
                survival *= 1 - lost / due
                spread = spread + lost / (due * (due - lost)) if lost < due else math.inf
                low, high = log_log(survival, spread)
                found.append(
                    {
                        "term_number": number,
                        "segment": segment,
                        "due": due,
                        "lost": lost,
                        "hazard": lost / due,
                        "survival": survival,
                        "survival_low": low,
                        "survival_high": high,
                    }
                )
        return pandas.DataFrame(found, dtype=object)

    def segment(self, customer_id: str) -> str:
        company = self.health.months.identity.companies[customer_id.split(":", 1)[1]]
        return company.properties.get("segment") or "unknown"


def last_month_end(on: date) -> date:
    """The last month end on or before a day."""
    tomorrow = on + timedelta(days=1)
    return tomorrow.replace(day=1) - timedelta(days=1)


def bucket(point: Point) -> str:
    """Where a driver lay: good and bad are its ends."""
    if point.penalty is None:
        return point.state
    if point.penalty == 0:
        return "good"
    return "bad" if point.penalty == 1 else "between"


def wilson(successes: int, n: int) -> tuple[float, float]:
    """95 % interval of a share after Wilson 1927."""
    p = successes / n
    middle = (p + Z**2 / (2 * n)) / (1 + Z**2 / n)
    half = Z / (1 + Z**2 / n) * math.sqrt(p * (1 - p) / n + Z**2 / (4 * n**2))
    return middle - half, middle + half


def auc(lost: list[float], kept: list[float]) -> float | None:
    """Share of pairs of a lost and a kept renewal in which the lost one looked worse; ties count half."""
    wins = 0.0
    for gone in lost:
        for stayed in kept:
            wins += 1.0 if gone > stayed else 0.5 if gone == stayed else 0.0
    return share(wins, len(lost) * len(kept))


def hanley_mcneil(area: float | None, lost: int, kept: int) -> tuple[float | None, float | None]:
    """95 % interval of an AUC after Hanley and McNeil 1982."""
    if area is None:
        return None, None
    q1, q2 = area / (2 - area), 2 * area**2 / (1 + area)
    squares = area * (1 - area) + (lost - 1) * (q1 - area**2) + (kept - 1) * (q2 - area**2)
    half = Z * math.sqrt(max(0.0, squares / (lost * kept)))
    return max(0.0, area - half), min(1.0, area + half)


def worst_tenth(judged: list[tuple[float, bool]]) -> float:
    """Lost renewals in the worst tenth, rounded up; of those that look alike at its edge, their share."""
    left = math.ceil(len(judged) / 10)
    captured = 0.0
    for value in sorted({worst for worst, _ in judged}, reverse=True):
        alike = [is_lost for worst, is_lost in judged if worst == value]
        taken = min(left, len(alike))
        captured += sum(alike) * taken / len(alike)
        left -= taken
    return captured


def log_log(survival: float, spread: float) -> tuple[float | None, float | None]:
    """95 % interval of a Kaplan-Meier estimate by its log-log and Greenwood's variance; null at its ends."""
    if survival in (0.0, 1.0) or math.isinf(spread):
        return None, None
    width = Z * math.sqrt(spread) / abs(math.log(survival))
    return survival ** math.exp(width), survival ** math.exp(-width)
