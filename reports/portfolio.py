"""The portfolio page: can the data be trusted, who needs somebody now, what is due, what was kept, what is wrong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from markupsafe import Markup

from reports.charts import Charts
from reports.customer import CustomerContext, newest_first
from reports.gathering import grouped_by
from reports.publication import (
    Action,
    ActionOutcome,
    ActionResult,
    Backtest,
    Customer,
    Publication,
    Renewal,
    Restatement,
    RetentionMonth,
    WorkforceMonth,
)
from reports.reasons import Evidence, Finding, Reason
from reports.records import months_before
from reports.trust import Trust

# A longer list is not acted upon; the rest stands behind a fold on the same page.
LIST_LENGTH = 10

# Reasons named beside one customer of the first list, the heaviest first; its page tells the rest.
REASONS_NAMED = 3

DUE_WITHIN_DAYS = (30, 60, 90, 180)

# Customers to start with have their next renewal within this many days, or overdue.
START_WITHIN_DAYS = 180

# What came of actions is news for this many days.
OUTCOMES_WITHIN_DAYS = 30

OUTCOMES = ("done", "wrong")

TREND_MONTHS = 24

# From worst to best; what is not known stands last and is no band of its own.
BANDS = ("at_risk", "watch", "healthy", "unknown")

RETENTION_TITLES = {
    "grr": "GRR",
    "nrr": "NRR",
    "logo_retention": "Logo retention",
    "renewal_rate_12m": "Renewal rate",
}


@dataclass(frozen=True)
class Line:
    """One customer on a list of the portfolio."""

    customer: Customer
    is_current: bool
    arr: float | None
    next_renewal_on: date | None
    days_to_renewal: int | None
    renewal_risk: float | None
    health_score: float | None
    health_band: str | None
    override_band: str | None
    term: Renewal | None
    findings: tuple[Finding, ...]
    praises: tuple[Finding, ...]
    has_numbers_that_differ: bool

    @property
    def stake(self) -> float:
        """The ARR times the weight of the heaviest reason, so that frequent and mild ones do not crowd out the rest."""
        return (self.arr or 0) * max((finding.reason.heaviness for finding in self.findings), default=0)


@dataclass(frozen=True)
class Band:
    """The customers of one health band."""

    band: str
    count: int
    arr: float


@dataclass(frozen=True)
class ToAct:
    """A customer to act upon: what comes first, and what else."""

    line: Line
    action: Action
    others: tuple[Action, ...]


@dataclass(frozen=True)
class Outcomes:
    """Actions with one outcome, the newest first, each with the line of its customer where that has a page."""

    outcome: str
    told: tuple[tuple[ActionOutcome, Line | None], ...]


@dataclass(frozen=True)
class Due:
    """What is due and undecided within so many days, or past due."""

    title: str
    days: int | None
    count: int
    arr: float
    without_arr: int


@dataclass(frozen=True)
class MonthDue:
    """The undecided terms due in one month of the year ahead, or past due where the month is null."""

    month: date | None
    terms: tuple[Renewal, ...]
    notices: int
    # Of each term whose customer's risk is known.
    losses: tuple[float, ...]

    @property
    def count(self) -> int:
        return len(self.terms)

    @property
    def arr(self) -> float:
        return sum(term.arr_due or 0.0 for term in self.terms)

    @property
    def without_arr(self) -> int:
        return sum(term.arr_due is None for term in self.terms)

    @property
    def expected_loss(self) -> float | None:
        """Null where it is known of none of the terms."""
        return sum(self.losses) if self.losses or not self.terms else None

    @property
    def without_loss(self) -> int:
        return len(self.terms) - len(self.losses)


@dataclass(frozen=True)
class Listed:
    """One customer under one reason."""

    line: Line
    evidence: tuple[Evidence, ...]
    finding: Finding


@dataclass(frozen=True)
class ReasonList:
    """A reason with the customers it holds for, worst first."""

    reason: Reason
    listed: tuple[Listed, ...]
    arr: float


@dataclass(frozen=True)
class PortfolioContext:
    """Everything that the portfolio page shows."""

    as_of: date
    trust: Trust
    arr: float
    customers: int
    listed_customers: int
    listed_arr: float
    bands: tuple[Band, ...]
    act_now: tuple[ToAct, ...]
    act_now_of: int
    outcomes: tuple[Outcomes, ...]
    results: ActionResult
    outcome_terms: Mapping[str, str | None]
    backtest: Backtest | None
    acting: Backtest | None
    start_here: tuple[Line, ...]
    start_here_of: int
    due: tuple[Due, ...]
    calendar: tuple[MonthDue, ...]
    expected_loss_definition: str | None
    renewals: tuple[Line, ...]
    retention: RetentionMonth | None
    retention_months: tuple[RetentionMonth, ...]
    retention_segments: tuple[RetentionMonth, ...]
    retention_definitions: tuple[tuple[str, str, str | None], ...]
    reasons: tuple[ReasonList, ...]
    praises: tuple[ReasonList, ...]
    workforce: tuple[WorkforceMonth, ...]
    restatements: tuple[Restatement, ...]
    restated: int
    all_customers: tuple[Line, ...]

    @property
    def first(self) -> ToAct | None:
        """The one thing to do today: of those with most at stake, what is to be done first."""
        return min(self.act_now, key=lambda entry: (entry.action.due_on, entry.action.rank), default=None)


def line(context: CustomerContext) -> Line:
    """What the portfolio keeps of a customer whose page was just made."""
    return Line(
        customer=context.customer,
        is_current=context.is_current,
        arr=context.lifecycle.get("arr"),
        next_renewal_on=context.lifecycle.get("next_renewal_on"),
        days_to_renewal=context.lifecycle.get("days_to_renewal"),
        renewal_risk=context.lifecycle.get("renewal_risk"),
        health_score=context.lifecycle.get("health_score"),
        health_band=context.lifecycle.get("health_band"),
        override_band=context.lifecycle.get("override_band"),
        term=context.next_term,
        findings=context.findings,
        praises=context.praises,
        has_numbers_that_differ=bool(context.numbers_that_differ),
    )


def portfolio_context(
    publication: Publication, as_of: date, trusted: Trust, lines: Sequence[Line], reasons: Sequence[Reason]
) -> PortfolioContext:
    """The portfolio from the lines of all customers and the mart's own retention figures."""
    current = [line for line in lines if line.is_current]
    troubled = [line for line in current if line.findings]
    start = [
        line for line in troubled if line.days_to_renewal is not None and line.days_to_renewal <= START_WITHIN_DAYS
    ]
    names = {line.customer.customer_id: line for line in lines}
    terms = [
        term
        for term in publication.rows("renewals", Renewal, "where outcome = 'open' order by due_on, renewal_id")
        if term.customer_id in names and not names[term.customer_id].customer.is_archived
    ]
    first_customers = (
        f"select customer_id from mart.recommended_actions group by customer_id order by min(rank) limit {LIST_LENGTH}"
    )
    actions = grouped_by(
        publication.rows("recommended_actions", Action, f"where customer_id in ({first_customers}) order by rank"),
        lambda action: action.customer_id,
    )
    told = newest_first(
        publication.rows(
            "action_outcomes",
            ActionOutcome,
            "where recorded_on > ?",
            [as_of - timedelta(days=OUTCOMES_WITHIN_DAYS)],
        )
    )
    results = {row.driver: row for row in publication.rows("action_results", ActionResult)}
    judged = {row.predictor: row for row in publication.rows("health_backtest", Backtest, "where segment = 'all'")}
    month = _latest_month(publication, as_of)
    months = publication.rows(
        "retention_by_month", RetentionMonth, "where segment = 'all' and month <= ? order by month", [as_of]
    )
    segments = publication.rows(
        "retention_by_month", RetentionMonth, "where month = ? order by segment <> 'all', segment", [month]
    )
    return PortfolioContext(
        as_of=as_of,
        trust=trusted,
        arr=sum(line.arr or 0 for line in current),
        customers=len(current),
        listed_customers=len(troubled),
        listed_arr=sum(line.arr or 0 for line in troubled),
        bands=tuple(_band(band, current) for band in BANDS),
        act_now=tuple(ToAct(names[key], first, tuple(others)) for key, (first, *others) in actions.items()),
        act_now_of=publication.count("recommended_actions", "distinct customer_id"),
        outcomes=tuple(
            Outcomes(
                outcome,
                tuple((one, names.get(one.customer_id or "")) for one in told if one.outcome == outcome),
            )
            for outcome in OUTCOMES
        ),
        results=results["all"],
        outcome_terms={
            "outcome": publication.definition("action_outcomes", "outcome"),
            "wrong_share": publication.definition("action_results", "wrong_share"),
        },
        backtest=judged.get("health_score"),
        acting=judged.get("recommended_actions"),
        start_here=tuple(sorted(start, key=_most_at_stake_first)[:LIST_LENGTH]),
        start_here_of=len(start),
        due=_due(terms, as_of),
        calendar=tuple(_calendar(terms, as_of, {key: line.renewal_risk for key, line in names.items()})),
        expected_loss_definition=publication.definition("customer_lifecycle", "expected_loss"),
        renewals=tuple(
            replace(
                names[term.customer_id],
                arr=term.arr_due,
                next_renewal_on=term.due_on,
                days_to_renewal=(term.due_on - as_of).days,
                term=term,
            )
            for term in terms
            if term.customer_id is not None and term.due_on <= as_of + timedelta(days=DUE_WITHIN_DAYS[-1])
        ),
        retention=next((row for row in months if row.month == month), None),
        retention_months=tuple(months[-TREND_MONTHS:]),
        retention_segments=tuple(segments),
        retention_definitions=tuple(
            (column, title, publication.definition("retention_by_month", column))
            for column, title in RETENTION_TITLES.items()
        ),
        reasons=tuple(_reason_list(reason, current) for reason in reasons if reason.is_wrong),
        praises=tuple(_reason_list(reason, current) for reason in reasons if not reason.is_wrong),
        workforce=tuple(
            publication.rows(
                "workforce_months",
                WorkforceMonth,
                "where month = (select max(month) from mart.workforce_months where month <= ?) order by department",
                [as_of],
            )
        ),
        restatements=tuple(
            publication.rows(
                "restatements",
                Restatement,
                f'order by month desc, customer_id, "column" limit {LIST_LENGTH}',
            )
        ),
        restated=publication.count("restatements"),
        all_customers=tuple(
            sorted(lines, key=lambda line: ((line.customer.customer_name or "").casefold(), line.customer.customer_id))
        ),
    )


def draw(charts: Charts, context: PortfolioContext) -> Mapping[str, Markup]:
    """What falls due, the bridge of the last 12 months, and the trend where there are two months to draw it from."""
    drawn = {}
    overdue, *months = context.calendar
    if any(month.count for month in context.calendar):
        drawn["calendar"] = charts.renewals_due(
            (overdue.arr, overdue.count),
            [
                (month.month, month.arr, month.count, month.notices, month.expected_loss)
                for month in months
                if month.month is not None
            ],
        )
    if context.retention:
        drawn["bridge"] = charts.bridge(context.retention)
    if len(context.retention_months) > 1:
        drawn["trend"] = charts.retention_trend(context.retention_months)
    return drawn


def _band(band: str, lines: Sequence[Line]) -> Band:
    of_band = [line for line in lines if (line.health_band or "unknown") == band]
    return Band(band, len(of_band), sum(line.arr or 0 for line in of_band))


def _latest_month(publication: Publication, as_of: date) -> date | None:
    months = publication.rows(
        "retention_by_month", RetentionMonth, "where month <= ? order by month desc limit 1", [as_of]
    )
    return months[0].month if months else None


def _due(terms: Sequence[Renewal], as_of: date) -> tuple[Due, ...]:
    def due(title: str, days: int | None, of: list[Renewal]) -> Due:
        unknown = sum(term.arr_due is None for term in of)
        return Due(title, days, len(of), sum(term.arr_due or 0 for term in of), unknown)

    overdue = due("Past due, undecided", None, [term for term in terms if term.due_on < as_of])
    return (
        overdue,
        *(
            due(f"Due within {days} days", days, [term for term in terms if 0 <= (term.due_on - as_of).days <= days])
            for days in DUE_WITHIN_DAYS
        ),
    )


def _calendar(terms: Sequence[Renewal], as_of: date, risks: Mapping[str, float | None]) -> Iterator[MonthDue]:
    """What is past due, then each month from the as-of day to the same day a year later, as the mart counts a year."""
    last = months_before(as_of, -12)
    ahead = [term for term in terms if term.due_on <= last]
    notices = [term.notice_due_on for term in ahead if term.notice_due_on and as_of <= term.notice_due_on]
    for first in [None, *(months_before(as_of.replace(day=1), -number) for number in range(13))]:
        due = [term for term in ahead if (term.due_on.replace(day=1) if term.due_on >= as_of else None) == first]
        known = [(risks.get(term.customer_id or ""), term.arr_due) for term in due]
        yield MonthDue(
            first,
            tuple(due),
            sum(notice.replace(day=1) == first for notice in notices),
            tuple(risk * arr for risk, arr in known if risk is not None and arr is not None),
        )


def _reason_list(reason: Reason, lines: Sequence[Line]) -> ReasonList:
    listed = [
        Listed(line, finding.evidence, finding)
        for line in lines
        for finding in (*line.findings, *line.praises)
        if finding.reason.reason == reason.reason
    ]
    listed.sort(key=lambda listed: (listed.finding.rank, *_largest_first(listed.line)))
    return ReasonList(reason, tuple(listed), sum(listed.line.arr or 0 for listed in listed))


def _most_at_stake_first(line: Line) -> tuple[float, str]:
    return (-line.stake, line.customer.customer_id)


def _largest_first(line: Line) -> tuple[float, str]:
    return (-(line.arr or 0), line.customer.customer_id)
