"""Weights that a company's own renewals propose for the drivers of its health score, tried on renewals they never saw.

Reads one publication and changes nothing: weights stand in `seeds/health/health_drivers.csv`, and a person decides.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb
import numpy as np
import numpy.typing as npt
from scipy import optimize, special

Numbers = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Whole = npt.NDArray[np.int64]

# Standard normal deviate of a 95 % interval.
Z_95 = 1.959963984540054
# How far log odds may stray from the current weights' (a standard deviation): from hardly to freely.
LEEWAYS = (0.03, 0.1, 0.3, 1.0)
FOLDS = 5
# Of the churned renewals so many are left to try the weights on.
SHARE_TO_TRY = 1 / 3
# On fewer churned or kept renewals nothing is fitted or tried: not even an interval would hold.
FEWEST = 10

BACKTEST = """
    select churned, is_validatable
    from mart.health_backtest
    where predictor = 'health_score' and segment = 'all'
"""
RENEWALS = """
    select
        renewals.renewal_id,
        renewals.customer_id,
        year(renewals.backtest_month) as known_in,
        year(renewals.decided_on) as decided_in,
        renewals.outcome = 'churned' as is_lost,
        health_points.driver,
        health_points.weight,
        health_points.penalty
    from mart.renewals as renewals
    inner join mart.health_points as health_points
        on renewals.customer_id = health_points.customer_id
        and renewals.backtest_month = health_points.month
    order by renewals.renewal_id, health_points.driver
"""


class NoProposal(Exception):
    """Why no weights can be proposed; the message tells a person what is missing."""


@dataclass(frozen=True)
class Renewals:
    """Decided renewals by what was known months before: penalties by renewal and driver, nan where there is none."""

    drivers: tuple[str, ...]
    weights: Numbers
    penalties: Numbers
    is_lost: Flags
    customers: Whole
    # Years of the backtest month and of the decision.
    known_in: Whole
    decided_in: Whole

    def __len__(self) -> int:
        return len(self.is_lost)

    def only(self, chosen: Flags) -> Renewals:
        return replace(
            self,
            penalties=self.penalties[chosen],
            is_lost=self.is_lost[chosen],
            customers=self.customers[chosen],
            known_in=self.known_in[chosen],
            decided_in=self.decided_in[chosen],
        )


@dataclass(frozen=True)
class Interval:
    """An estimate with its 95 % interval."""

    estimate: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.estimate:.2f} ({self.low:.2f} to {self.high:.2f})"


@dataclass(frozen=True)
class Proposal:
    """Proposed weights and what became of both on the later renewals."""

    earlier: Renewals
    later: Renewals
    later_from: int
    leeway: float
    weights: Numbers
    auc_current: Interval
    auc_proposed: Interval
    auc_gained: Interval


def propose(publication: Path, later_from: int | None = None) -> Proposal:
    """Fit on the renewals decided before a year began, try on those that had their backtest month from then on.

    What was known before and decided after belongs to neither. Without a year given it is the latest that leaves a
    third of the churned renewals to be tried on. Raises NoProposal.
    """
    renewals = read(publication)
    year = later_from or _year_to_try_from(renewals)
    earlier, later = renewals.only(renewals.decided_in < year), renewals.only(renewals.known_in >= year)
    for what, part in ((f"decided before {year}", earlier), (f"with a backtest month from {year} on", later)):
        lost = int(part.is_lost.sum())
        if lost < FEWEST or len(part) - lost < FEWEST:
            raise NoProposal(
                f"Of the renewals {what}, {lost} churned and {len(part) - lost} were kept, and {FEWEST} of either are "
                "the fewest to fit or to try weights on. Another year (--later-from) may divide them better."
            )
    leeway = _best_leeway(earlier)
    weights = as_weights(fitted(earlier, leeway)[1:], earlier)
    current, proposed = risk(later, later.weights), risk(later, weights)
    known = ~np.isnan(current) & ~np.isnan(proposed)
    return Proposal(earlier, later, year, leeway, weights, *aucs(current[known], proposed[known], later.is_lost[known]))


def read(publication: Path) -> Renewals:
    """Every decided renewal with its backtest month; raises NoProposal where there is nothing to prove by."""
    if not publication.exists():
        raise NoProposal("Nothing has been published yet: run make refresh or make demo first.")
    with duckdb.connect(str(publication), read_only=True) as mart:
        try:
            backtest = mart.execute(BACKTEST).fetchall()
            table = mart.execute(RENEWALS).df()
        except duckdb.CatalogException:
            raise NoProposal("What stands published has no backtest: run make rebuild first.") from None
    (churned, is_validatable), *_ = backtest or [(0, False)]
    if not is_validatable:
        raise NoProposal(
            f"Not validatable yet: {churned} churned renewals are too few to tell a score from chance (health_backtest;"
            " 50 are asked for as shipped, dbt var validatable_from_churned). No weights are proposed."
        )
    penalties = table.pivot(index="renewal_id", columns="driver", values="penalty")
    once = table.drop_duplicates("renewal_id").set_index("renewal_id").loc[penalties.index]
    weights = table.drop_duplicates("driver").set_index("driver")["weight"].loc[penalties.columns]
    return Renewals(
        tuple(penalties.columns),
        weights.to_numpy(float),
        penalties.to_numpy(float),
        once["is_lost"].to_numpy(bool),
        once["customer_id"].factorize(sort=True)[0].astype(np.int64),
        once["known_in"].to_numpy(np.int64),
        once["decided_in"].to_numpy(np.int64),
    )


def _year_to_try_from(renewals: Renewals) -> int:
    years: list[int] = sorted(set(renewals.known_in.tolist()), reverse=True)
    return next(year for year in years if (renewals.known_in[renewals.is_lost] >= year).mean() >= SHARE_TO_TRY)


def fitted(renewals: Renewals, leeway: float) -> Numbers:
    """Intercept and log odds that each driver's full penalty adds, none below 0: ridge-regularized logistic regression.

    The ridge pulls not to 0 but to the current weights, so that only what renewals say moves them.
    """
    filled = _filled(renewals.penalties)
    current = renewals.weights / max(renewals.weights.sum(), 1e-9)
    intercept, slope = _fit((filled @ current)[:, None], renewals.is_lost, np.array([0.0, 1.0]), np.inf)
    return _fit(filled, renewals.is_lost, np.concatenate([[intercept], slope * current]), leeway)


def _fit(penalties: Numbers, is_lost: Flags, begin: Numbers, leeway: float) -> Numbers:
    """The intercept and slopes that lose least, never far from where they began."""
    found = optimize.minimize(
        lambda x: _loss(x, penalties, is_lost, begin[1:], leeway),
        begin,
        jac=True,
        method="L-BFGS-B",
        bounds=[(None, None), *[(0, None)] * (len(begin) - 1)],
    )
    return np.asarray(found.x, dtype=float)


def as_weights(slopes: Numbers, renewals: Renewals) -> Numbers:
    """Fitted log odds as weights of the same sum as the current ones, to two decimals as a person would write them.

    A driver of which nothing was known in these renewals keeps its weight.
    """
    is_learnt = ~np.isnan(renewals.penalties).all(axis=0)
    scale = renewals.weights[is_learnt].sum() / max(slopes[is_learnt].sum(), 1e-9)
    weights: Numbers = np.where(is_learnt, np.round(slopes * scale, 2), renewals.weights)
    return weights


def risk(renewals: Renewals, weights: Numbers) -> Numbers:
    """The score's own formula, 0 best and 1 worst: weighted mean penalty of the known drivers; nan without any."""
    known = ~np.isnan(renewals.penalties) * weights
    with np.errstate(invalid="ignore"):
        shares = np.nansum(renewals.penalties * weights, axis=1) / known.sum(axis=1)
    # Two doubles that differ by the order of a sum alone are a tie.
    rounded: Numbers = np.round(shares, 9)
    return rounded


def aucs(current: Numbers, proposed: Numbers, is_lost: Flags) -> tuple[Interval, Interval, Interval]:
    """AUC of two scores on the same renewals and of the second over the first (DeLong, DeLong, Clarke-Pearson 1988)."""
    places = [_places(score, is_lost) for score in (current, proposed)]
    gained = [second - first for first, second in zip(*places, strict=True)]
    first, second, difference = (
        (float(lost.mean()), lost.var(ddof=1) / len(lost) + kept.var(ddof=1) / len(kept))
        for lost, kept in (*places, gained)
    )
    return _interval(*first, 0, 1), _interval(*second, 0, 1), _interval(*difference, -1, 1)


def _places(score: Numbers, is_lost: Flags) -> tuple[Numbers, Numbers]:
    """Of each lost renewal the share of kept ones that look better; of each kept one, of lost ones that look worse."""
    lost, kept = score[is_lost], score[~is_lost]
    wins = (lost[:, None] > kept) + 0.5 * (lost[:, None] == kept)
    return wins.mean(axis=1), wins.mean(axis=0)


def _interval(estimate: float, variance: float, least: float, most: float) -> Interval:
    reach = Z_95 * float(np.sqrt(variance))
    return Interval(estimate, max(estimate - reach, least), min(estimate + reach, most))


def _best_leeway(renewals: Renewals) -> float:
    """The leeway that forecasts best within these renewals, a customer's being all on one side."""
    losses = {leeway: sum(_losses_of_folds(renewals, leeway)) for leeway in LEEWAYS}
    return min(losses, key=lambda leeway: losses[leeway])


def _losses_of_folds(renewals: Renewals, leeway: float) -> Iterator[float]:
    folds = renewals.customers % FOLDS
    for fold in range(FOLDS):
        learnt, tried = renewals.only(folds != fold), renewals.only(folds == fold)
        if len(tried) and 0 < learnt.is_lost.sum() < len(learnt):
            filled = _filled(tried.penalties, learnt.penalties)
            yield _loss(fitted(learnt, leeway), filled, tried.is_lost, np.zeros(len(learnt.drivers)), np.inf)[0]


def _filled(penalties: Numbers, of: Numbers | None = None) -> Numbers:
    """Where a penalty is not known the driver's mean stands, which says nothing; 0 if it was never known."""
    known = penalties if of is None else of
    count = (~np.isnan(known)).sum(axis=0)
    means = np.nansum(known, axis=0) / np.maximum(count, 1)
    return np.where(np.isnan(penalties), means, penalties)


def _loss(x: Numbers, penalties: Numbers, is_lost: Flags, centre: Numbers, leeway: float) -> tuple[float, Numbers]:
    """Negative log likelihood, with the ridge's, and its gradient; x is the intercept and a slope per driver."""
    log_odds = x[0] + penalties @ x[1:]
    strayed = (x[1:] - centre) / leeway
    loss = np.logaddexp(0, log_odds).sum() - log_odds[is_lost].sum() + 0.5 * strayed @ strayed
    errors = special.expit(log_odds) - is_lost
    return float(loss), np.concatenate([[errors.sum()], penalties.T @ errors + strayed / leeway])


def told(proposal: Proposal) -> Iterator[str]:
    """The proposal for a person, line by line."""
    earlier, later, year = proposal.earlier, proposal.later, proposal.later_from
    yield f"Fitted on {_counted(earlier)} decided before {year}, with a leeway of {proposal.leeway:g}."
    yield f"Tried on {_counted(later)} by what was known of them from {year} on, three months before due."
    yield ""
    width = max(len(driver) for driver in earlier.drivers)
    yield f"  {'driver':{width}}  current  proposed"
    ordered = sorted(
        zip(earlier.drivers, earlier.weights, proposal.weights, strict=True), key=lambda row: (row[1] - row[2], row[0])
    )
    for driver, current, proposed in ordered:
        yield f"  {driver:{width}}  {current:7.2f}  {proposed:8.2f}"
    yield ""
    yield f"AUC on the renewals tried, current weights:  {proposal.auc_current}"
    yield f"AUC on the renewals tried, proposed weights: {proposal.auc_proposed}"
    gained = proposal.auc_gained
    verdict = (
        "the proposed weights rank better" if gained.low > 0
        else "the proposed weights rank worse" if gained.high < 0
        else "which may be chance"
    )  # fmt: skip
    yield f"Difference {gained.estimate:+.2f} ({gained.low:+.2f} to {gained.high:+.2f}): {verdict}."
    yield ""
    yield "Nothing has been changed. Weights stand in seeds/health/health_drivers.csv: a person decides."


def _counted(renewals: Renewals) -> str:
    return f"{len(renewals):,} renewals ({int(renewals.is_lost.sum()):,} churned)"
