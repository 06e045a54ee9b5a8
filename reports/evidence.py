"""The evidence page: does any of it predict? Scores and drivers held against the renewals that followed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from markupsafe import Markup

from reports.charts import Charts
from reports.figures import words
from reports.publication import ActionResult, Backtest, Customer, DriverRate, Publication, Renewal, SurvivalTerm

# As shipped, dbt var `validatable_from_churned`: with fewer a score cannot be told from chance (EVIDENCE: Hanley and
# McNeil).
CHURNED_NEEDED = 50

# Below it one renewal moves the rate by more than five points: a convention.
RENEWALS_NEEDED = 20

SCORE = "health_score"
ACTIONS = "recommended_actions"

# The two ends of a driver say whether it has an effect; what lies between may go either way.
_ENDS = ("bad", "good")

# What each figure of the backtest tells, in the order of the page: column, title, unit and how to read it.
READINGS = (
    (
        "auc",
        "AUC",
        "share",
        "Take one customer who left and one who stayed: how often did the one who left have the worse score? "
        "50 % is a coin, 100 % never errs.",
    ),
    (
        "lift_worst_tenth",
        "Lift of the worst tenth",
        "decimal",
        "How many times as often as everybody the tenth with the worst scores left. 1 is no better than chance.",
    ),
    (
        "capture_worst_tenth",
        "Capture of the worst tenth",
        "share",
        "Of all who left, how many were in the worst tenth. 10 % is no better than chance.",
    ),
    (
        "brier_score",
        "Brier score",
        "ratio",
        "How far the foretold chances lay from what came, squared. 0 is perfect; of use where it is lower than the "
        "next figure.",
    ),
    (
        "brier_score_of_rate_of_all",
        "Brier score of one rate for all",
        "ratio",
        "The same if everybody had been foretold the earlier rate of all: what the score has to beat.",
    ),
    (
        "calibration_error",
        "Calibration error",
        "share",
        "How far foretold and churned lie apart, over all bands. 0 % is perfect.",
    ),
    (
        "green_then_churned_share",
        "Healthy, then churned",
        "share",
        "Of all who left, how many the score had called healthy: what it did not see coming. Lower is better.",
    ),
)


@dataclass(frozen=True)
class Reading:
    """One figure of the backtest with what it means and how to read it."""

    column: str
    title: str
    unit: str
    how: str
    definition: str | None
    value: float | None


@dataclass(frozen=True)
class DriverEvidence:
    """One driver with the renewal rates of its ranges: what its two ends tell."""

    driver: str
    ranges: tuple[DriverRate, ...]

    @property
    def ends(self) -> tuple[DriverRate, ...]:
        """Its bad and its good end, where enough renewals lay in it."""
        return tuple(of for of in self.ranges if of.bucket in _ENDS and of.n >= RENEWALS_NEEDED)

    @property
    def differing(self) -> tuple[DriverRate, ...]:
        return tuple(of for of in self.ends if of.differs_from_all)

    @property
    def verdict(self) -> str:
        """`effect` as it should be, `contrary` where those at the bad end stayed, `none`, or `too_few` to tell."""
        if any((of.bucket == "bad") == (of.rate < of.rate_of_all) for of in self.differing):
            return "effect"
        if self.differing:
            return "contrary"
        return "none" if any(of.bucket == "bad" for of in self.ends) else "too_few"


@dataclass(frozen=True)
class ChurnedTerm:
    """One renewal that was lost, and whose."""

    customer: Customer
    term: Renewal


@dataclass(frozen=True)
class EvidenceContext:
    """Everything that the evidence page shows."""

    renewals_needed: ClassVar = RENEWALS_NEEDED

    as_of: date
    score: Backtest | None
    acting: Backtest | None
    recorded: tuple[ActionResult, ...]
    action_definitions: Mapping[str, str | None]
    readings: tuple[Reading, ...]
    segments: tuple[Backtest, ...]
    predictors: tuple[Backtest, ...]
    definitions: Mapping[str, str | None]
    rate_definitions: Mapping[str, str | None]
    survival_definitions: Mapping[str, str | None]
    bands: tuple[DriverRate, ...]
    drivers: tuple[DriverEvidence, ...]
    survival: tuple[SurvivalTerm, ...]
    churned: tuple[ChurnedTerm, ...]

    @property
    def churned_needed(self) -> int | None:
        """How many churned renewals make the score validatable; null where this company has set another number."""
        return CHURNED_NEEDED if self.score is None or self.score.churned < CHURNED_NEEDED else None

    @property
    def rate_of_all(self) -> float | None:
        """The renewal rate of all decided renewals."""
        rates = [of.rate_of_all for driver in self.drivers for of in driver.ranges] + [
            band.rate_of_all for band in self.bands
        ]
        return rates[0] if rates else None

    @property
    def survival_of_all(self) -> tuple[SurvivalTerm, ...]:
        return tuple(term for term in self.survival if term.segment == "all")

    @property
    def looked_at(self) -> int:
        """Ends of drivers held against the rate of all: of so many, one in twenty differs by chance."""
        return sum(len(driver.ends) for driver in self.drivers)

    @property
    def differing(self) -> int:
        return sum(len(driver.differing) for driver in self.drivers)

    def of_verdict(self, verdict: str) -> tuple[DriverEvidence, ...]:
        return tuple(driver for driver in self.drivers if driver.verdict == verdict)


def evidence_context(publication: Publication, as_of: date) -> EvidenceContext:
    """The evidence page of one publication."""
    tested = publication.rows(
        "health_backtest", Backtest, "order by segment <> 'all', segment, auc desc nulls last, predictor"
    )
    of_all = {row.predictor: row for row in tested if row.segment == "all"}
    score = of_all.get(SCORE)
    ranges = publication.rows("retention_drivers", DriverRate, "order by driver, rate, bucket")
    names = sorted({of.driver for of in ranges} - {SCORE})
    drivers = [DriverEvidence(name, tuple(of for of in ranges if of.driver == name)) for name in names]
    customers = {row.customer_id: row for row in publication.rows("customers", Customer) if row.has_page}
    lost = publication.rows("renewals", Renewal, "where outcome = 'churned' order by decided_on desc, renewal_id")
    return EvidenceContext(
        as_of=as_of,
        score=score,
        acting=of_all.get(ACTIONS),
        recorded=tuple(
            row
            for row in publication.rows(
                "action_results", ActionResult, "order by driver <> 'all', outcomes desc, driver"
            )
            if row.outcomes
        ),
        action_definitions=_definitions(publication, "action_results"),
        readings=tuple(
            Reading(
                column,
                title,
                unit,
                how,
                publication.definition("health_backtest", column),
                getattr(score, column) if score else None,
            )
            for column, title, unit, how in READINGS
        ),
        segments=tuple(row for row in tested if row.predictor == SCORE),
        predictors=tuple(row for row in of_all.values() if row.predictor != ACTIONS),
        definitions=_definitions(publication, "health_backtest"),
        rate_definitions=_definitions(publication, "retention_drivers"),
        survival_definitions=_definitions(publication, "renewal_survival"),
        bands=tuple(of for of in ranges if of.driver == SCORE),
        drivers=tuple(drivers),
        survival=tuple(
            publication.rows("renewal_survival", SurvivalTerm, "order by segment <> 'all', segment, term_number")
        ),
        churned=tuple(ChurnedTerm(customers[term.customer_id], term) for term in lost if term.customer_id in customers),
    )


def _definitions(publication: Publication, table: str) -> dict[str, str | None]:
    return {column: publication.definition(table, column) for column in publication.columns(table)}


def draw(charts: Charts, context: EvidenceContext) -> Mapping[str, Markup]:
    """Rates by band and by driver, survival by term, and what was foretold beside what came, where there is any."""
    drawn = {}
    if context.rate_of_all is not None:
        if context.bands:
            drawn["bands"] = charts.rates(
                [(words(of.bucket), of) for of in context.bands], context.rate_of_all, "bands"
            )
        if charted := _charted(context.drivers):
            drawn["drivers"] = charts.rates(charted, context.rate_of_all, "drivers")
    if any(term.survival is not None for term in context.survival_of_all):
        drawn["survival"] = charts.survival(context.survival_of_all)
    if foretold := [of for of in context.segments if of.forecasts and of.forecast_churned_expected is not None]:
        drawn["foretold"] = charts.foretold(foretold)
    return drawn


def _charted(drivers: Sequence[DriverEvidence]) -> list[tuple[str, DriverRate]]:
    """The ends that differ, and of a driver without any its bad one; those under which fewest renewed first."""
    ends = [
        (f"{'free of ' if of.bucket == 'good' else ''}{words(driver.driver)}", of)
        for driver in drivers
        for of in driver.differing or driver.ends
        if of.differs_from_all or of.bucket == "bad"
    ]
    return sorted(ends, key=lambda end: (not end[1].differs_from_all, end[1].rate, end[0]))
