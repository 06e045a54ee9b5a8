"""Whether any of it predicts: drivers and scores, as known months before, against the renewals that followed."""

from __future__ import annotations

import math
import statistics
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

import pandas

from tests.reference.days import add_months, share
from tests.reference.deals import Deals, Term
from tests.reference.health import Health, Point, figure
from tests.reference.landing import Row

# Two-sided 95 % of a normal distribution.
Z = 1.959963984540054
CHURNED_ENOUGH = 50
# What is worse of a score: little health, much confusion.
SCORES = {"health_score": -1.0, "confusion_index": 1.0}


@dataclass(frozen=True)
class Decided:
    """A decided renewal and what was known at the last month end 90 days before due and before the decision."""

    term: Term
    decided_on: date
    is_lost: bool
    row: Row
    points: list[Point]

    @property
    def segment(self) -> str:
        return self.row["segment"] or "unknown"

    def point(self, driver: str) -> Point:
        return next(point for point in self.points if point.driver.driver == driver)

    def badness(self, predictor: str) -> float | None:
        """How bad it was by a score or driver, alike where nine decimals are; null where that is not known."""
        value = figure(self.row[predictor]) if predictor in SCORES else self.point(predictor).penalty
        return None if value is None else round(SCORES.get(predictor, 1.0) * value, 9)

    def bucket(self, predictor: str) -> str | None:
        """Where it lay: the band of the health score, where a driver lay; the confusion index has none."""
        if predictor == "health_score":
            return str(self.row["health_band"])
        return None if predictor in SCORES else bucket(self.point(predictor))


@dataclass(frozen=True)
class Forecast:
    """A renewal with the loss rates, of its bucket and of all, that were known before the year of its month."""

    renewal: Decided
    of_bucket: float
    of_all: float


class Proof:
    def __init__(self, deals: Deals, health: Health, as_of: date, churned_enough: int = CHURNED_ENOUGH) -> None:
        self.churned_enough = churned_enough
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
            decided_on = term.decided_on(self.as_of)
            if decided_on is not None:
                latest = min(term.due_on - timedelta(days=90), decided_on - timedelta(days=1))
                key = (customer_id, last_month_end(latest))
                if key in rows:
                    found.append(Decided(term, decided_on, outcome == "churned", rows[key], points[key]))
        return found

    def retention_drivers(self) -> pandas.DataFrame:
        found = []
        all_rate = share(sum(not one.is_lost for one in self.decided), len(self.decided))
        for name_of_driver in ["health_score", *(driver.driver for driver in self.health.drivers)]:
            buckets: dict[str, list[bool]] = {}
            for one in self.decided:
                if (lay_in := one.bucket(name_of_driver)) is not None:
                    buckets.setdefault(lay_in, []).append(not one.is_lost)
            for name, kept in buckets.items():
                n, retained = len(kept), sum(kept)
                low, high = wilson(retained, n)
                found.append(
                    {
                        "driver": name_of_driver,
                        "bucket": name,
                        "n": n,
                        "retained": retained,
                        "rate": retained / n,
                        "rate_low": low,
                        "rate_high": high,
                        "rate_of_all": all_rate,
                        "differs_from_all": all_rate is not None and not low <= all_rate <= high,
                        "lift": share(retained / n, all_rate or 0.0),
                    }
                )
        return pandas.DataFrame(found, dtype=object)

    def health_backtest(self) -> pandas.DataFrame:
        found = []
        for predictor in [*SCORES, *(driver.driver for driver in self.health.drivers)]:
            known = self.known(predictor)
            for segment in ["all", *sorted({one.segment for one in known})]:
                judged = [one for one in known if segment in ("all", one.segment)]
                if judged:
                    found.append({"predictor": predictor, "segment": segment, **self.backtest(predictor, judged)})
        return pandas.DataFrame(found, dtype=object)

    def known(self, predictor: str) -> list[Decided]:
        return [one for one in self.decided if one.badness(predictor) is not None]

    def backtest(self, name: str, judged: list[Decided]) -> Row:
        ranked = [(one.badness(name) or 0.0, one.is_lost) for one in judged]
        lost = [bad for bad, is_lost in ranked if is_lost]
        kept = [bad for bad, is_lost in ranked if not is_lost]
        low, high = delong(lost, kept)
        captured = worst_tenth(ranked)
        green = [one for one in judged if one.is_lost and one.bucket(name) in ("healthy", "good")]
        forecasts = self.forecasts(name, judged)
        is_validatable = len(lost) >= self.churned_enough
        told = {
            "auc": auc(lost, kept),
            "auc_low": low,
            "auc_high": high,
            "predicts": low > 0.5 if low is not None else None,
            "lift_worst_tenth": share(captured / math.ceil(len(judged) / 10), len(lost) / len(judged)),
            "capture_worst_tenth": share(captured, len(lost)),
            **calibration(name, forecasts),
        }
        return {
            "n": len(judged),
            "churned": len(lost),
            "is_validatable": is_validatable,
            "green_then_churned_share": None if name == "confusion_index" else share(len(green), len(lost)),
            "forecasts": len(forecasts),
            "forecast_churned": sum(forecast.renewal.is_lost for forecast in forecasts),
            **(told if is_validatable else dict.fromkeys(told)),
        }

    def forecasts(self, name: str, judged: list[Decided]) -> list[Forecast]:
        """Forecasts where enough had been lost before the year of the month, and the bucket had been seen."""
        found = []
        for one in judged:
            earlier = [other for other in self.known(name) if other.decided_on.year < one.row["as_of_on"].year]
            alike = [other for other in earlier if other.bucket(name) == one.bucket(name) is not None]
            if alike and sum(other.is_lost for other in earlier) >= self.churned_enough:
                found.append(Forecast(one, rate_lost(alike), rate_lost(earlier)))
        return found

    @cached_property
    def is_validatable(self) -> bool:
        scored = [one for one in self.decided if one.row["health_score"] is not None]
        return sum(one.is_lost for one in scored) >= self.churned_enough

    def renewal_risk(self, band: str) -> float | None:
        """Share of decided renewals lost from a band; null while the score cannot be judged."""
        lost = [one.is_lost for one in self.decided if one.row["health_band"] == band]
        return share(sum(lost), len(lost)) if self.is_validatable else None

    def arr_due_12m(self, customer_id: str) -> float:
        """What is due within twelve months, overdue renewals included."""
        until = add_months(self.as_of, 12)
        return sum(
            self.deals.arr_due(term, self.as_of) or 0.0
            for owner, term, outcome in self.terms
            if owner == customer_id and outcome == "open" and term.due_on <= until
        )

    def expected_loss(self, customer_id: str, band: str) -> float | None:
        risk = self.renewal_risk(band)
        return round(risk * self.arr_due_12m(customer_id), 2) if risk is not None else None

    @cached_property
    def observed(self) -> list[tuple[str, Term, str, int]]:
        """Terms with customer, outcome and number; what was decided before anybody recorded the contract is unseen.

        A contract that a renewal opened is older than the data: its first known term is at least its second.
        """
        found = []
        for customer_id, term, outcome in self.terms:
            decided_on = term.decided_on(self.as_of)
            is_older = self.deals.state_of(term.contract, self.as_of).kind == "renewal"
            if decided_on is None or decided_on >= term.contract.recorded_at.date():
                found.append((customer_id, term, outcome, term.number + is_older))
        return found

    def renewal_survival(self) -> pandas.DataFrame:
        """Contracts by how many terms they lived; an undecided term is censored, an older contract enters late."""
        segments = {customer: self.segment(customer) for customer, _, _ in self.terms}
        entered: dict[str, int] = {}
        for _, term, _, number in self.observed:
            entered[term.contract.deal_id] = min(number, entered.get(term.contract.deal_id, number))
        found = []
        for segment in ["all", *sorted(set(segments.values()))]:
            survival, spread = 1.0, 0.0
            of_segment = [one for one in self.observed if segment in ("all", segments[one[0]])]
            for number in sorted({number for *_, number in of_segment}):
                at_term = [(term, outcome) for _, term, outcome, at in of_segment if at == number]
                outcomes = [outcome for _, outcome in at_term if outcome != "open"]
                due, lost = len(outcomes), outcomes.count("churned")
                if due:
                    survival *= 1 - lost / due
                    spread = spread + lost / (due * (due - lost)) if lost < due else math.inf
                low, high = log_log(survival, spread) if due else (None, None)
                found.append(
                    {
                        "term_number": number,
                        "segment": segment,
                        "due": due,
                        "lost": lost,
                        "running": len(at_term) - due,
                        "entered_late": sum(number == entered[term.contract.deal_id] > 1 for term, _ in at_term),
                        "hazard": share(lost, due),
                        "survival": survival if due else None,
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
    return "bad" if point.penalty == 1 else "middle"


def rate_lost(renewals: list[Decided]) -> float:
    return sum(one.is_lost for one in renewals) / len(renewals)


def calibration(name: str, forecasts: list[Forecast]) -> Row:
    """How far forecasts lay from what came: in sum, by single renewals, and by buckets; null where there are none."""
    if not forecasts:
        names = ("forecast_churned_expected", "brier_score", "brier_score_of_rate_of_all", "calibration_error")
        return dict.fromkeys(names)
    missed: dict[str | None, float] = {}
    for forecast in forecasts:
        lay_in = forecast.renewal.bucket(name)
        missed[lay_in] = missed.get(lay_in, 0.0) + forecast.of_bucket - forecast.renewal.is_lost
    n = len(forecasts)
    return {
        "forecast_churned_expected": sum(one.of_bucket for one in forecasts),
        "brier_score": sum((one.of_bucket - one.renewal.is_lost) ** 2 for one in forecasts) / n,
        "brier_score_of_rate_of_all": sum((one.of_all - one.renewal.is_lost) ** 2 for one in forecasts) / n,
        "calibration_error": sum(abs(apart) for apart in missed.values()) / n,
    }


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


def delong(lost: list[float], kept: list[float]) -> tuple[float | None, float | None]:
    """95 % interval of an AUC after DeLong, DeLong and Clarke-Pearson 1988."""
    if len(lost) < 2 or len(kept) < 2:
        return None, None
    area = auc(lost, kept)
    assert area is not None
    of_lost = [auc([gone], kept) or 0.0 for gone in lost]
    of_kept = [auc(lost, [stayed]) or 0.0 for stayed in kept]
    spread = statistics.variance(of_lost) / len(lost) + statistics.variance(of_kept) / len(kept)
    half = Z * math.sqrt(spread)
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
