"""What a report remembers for the next one, and what changed since the one before: ids, codes and numbers, no name."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from reports.gathering import grouped_by
from reports.portfolio import RETENTION_TITLES, Line, PortfolioContext
from reports.publication import Publication, Renewal, ReportError

SNAPSHOT = "snapshot.json"

# From bad to good; what is not known has no place among them.
_ORDER = ("at_risk", "watch", "healthy")


@dataclass(frozen=True)
class Standing:
    """How one current customer stood: what to do by driver, and the ids of the terms nobody had decided."""

    band: str | None
    score: float | None
    arr: float | None
    next_renewal_on: str | None
    actions: tuple[str, ...]
    undecided: tuple[str, ...]


@dataclass(frozen=True)
class Snapshot:
    """What one report said: its headline figures, and each of its current customers by id."""

    as_of: date
    figures: Mapping[str, float | None]
    customers: Mapping[str, Standing]

    def write(self, folder: Path) -> None:
        told = {**asdict(self), "as_of": self.as_of.isoformat()}
        (folder / SNAPSHOT).write_text(json.dumps(told, indent=1, sort_keys=True) + "\n", encoding="utf-8")


@dataclass(frozen=True)
class Moved:
    """A customer whose band is another one."""

    line: Line
    before: Standing


@dataclass(frozen=True)
class Acting:
    """Drivers to act upon at one customer that are new, or are none any more."""

    line: Line
    drivers: tuple[str, ...]


@dataclass(frozen=True)
class Decided:
    """A renewal that was undecided then."""

    line: Line
    term: Renewal


@dataclass(frozen=True)
class Changes:
    """What is different from the report before; `since` is null where there is none, and then all else is empty."""

    since: date | None = None
    before: Mapping[str, float | None] = field(default_factory=dict)
    customers: Mapping[str, Standing] = field(default_factory=dict)
    worse: tuple[Moved, ...] = ()
    better: tuple[Moved, ...] = ()
    # To or from a band that is not known.
    unclear: tuple[Moved, ...] = ()
    arrived: tuple[Line, ...] = ()
    lost: tuple[Line, ...] = ()
    # Not in the publication or not in this reader's book any more: counted, since they are not this reader's to name.
    gone: int = 0
    new_actions: tuple[Acting, ...] = ()
    ended_actions: tuple[Acting, ...] = ()
    decided: tuple[Decided, ...] = ()

    def change(self, name: str, now: float | None) -> float | None:
        """By how much a headline figure differs; null where either is not known."""
        before = self.before.get(name)
        return None if before is None or now is None else now - before

    @property
    def is_empty(self) -> bool:
        lists = (self.worse, self.better, self.unclear, self.arrived, self.lost)
        return not (self.gone or any((*lists, self.new_actions, self.ended_actions, self.decided)))


def snapshot(publication: Publication, portfolio: PortfolioContext) -> Snapshot:
    """What a portfolio says, to be compared with by the next."""
    actions = grouped_by(
        publication.ask("select customer_id, driver from mart.recommended_actions order by customer_id, rank"),
        lambda row: row[0],
    )
    undecided = grouped_by(
        publication.ask(
            "select customer_id, renewal_id from mart.renewals where outcome = 'open' order by customer_id, renewal_id"
        ),
        lambda row: row[0],
    )
    return Snapshot(
        portfolio.as_of,
        figures(portfolio),
        {
            line.customer.customer_id: Standing(
                line.health_band,
                line.health_score,
                line.arr,
                line.next_renewal_on.isoformat() if line.next_renewal_on else None,
                tuple(driver for _, driver in actions.get(line.customer.customer_id, ())),
                tuple(renewal_id for _, renewal_id in undecided.get(line.customer.customer_id, ())),
            )
            for line in portfolio.all_customers
            if line.is_current
        },
    )


def figures(portfolio: PortfolioContext) -> dict[str, float | None]:
    """The headline figures of a portfolio by name."""
    retention = portfolio.retention
    return {
        "arr": portfolio.arr,
        "customers": portfolio.customers,
        "listed_arr": portfolio.listed_arr,
        "overdue_arr": portfolio.due[0].arr,
        "due_90d_arr": portfolio.due[3].arr,
        **{name: getattr(retention, name) if retention else None for name in RETENTION_TITLES},
        **{f"{band.band}_customers": band.count for band in portfolio.bands},
        **{f"{band.band}_arr": band.arr for band in portfolio.bands},
    }


def read_snapshot(path: Path) -> Snapshot:
    """The snapshot in a file; raises ReportError on one that is none."""
    try:
        kept: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        customers = {
            customer_id: Standing(
                row["band"],
                row["score"],
                row["arr"],
                row["next_renewal_on"],
                tuple(row["actions"]),
                tuple(row["undecided"]),
            )
            for customer_id, row in kept["customers"].items()
        }
        return Snapshot(date.fromisoformat(kept["as_of"]), kept["figures"], customers)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise ReportError(
            f"{path} is not what a report remembers ({error}): delete it, and make this report again"
        ) from error


def snapshot_before(folder: Path, as_of: date) -> Snapshot | None:
    """The newest snapshot of an earlier day among the reports `<folder>/<day>/`; null where there is none."""
    days = sorted(path.parent.name for path in folder.glob(f"????-??-??/{SNAPSHOT}"))
    earlier = [day for day in days if day < as_of.isoformat()]
    return read_snapshot(folder / earlier[-1] / SNAPSHOT) if earlier else None


def changes(publication: Publication, before: Snapshot | None, now: Snapshot, lines: Sequence[Line]) -> Changes:
    """What is different between two snapshots, told with the customers as they are now, the largest first."""
    if before is None:
        return Changes()
    lines = sorted(lines, key=lambda line: (-(line.arr or 0), line.customer.customer_id))
    known = {line.customer.customer_id: line for line in lines}
    both = [line for line in lines if line.is_current and line.customer.customer_id in before.customers]
    moved = [
        Moved(line, stood)
        for line in both
        if _band(line.health_band) != _band((stood := before.customers[line.customer.customer_id]).band)
    ]
    left = [customer_id for customer_id in before.customers if customer_id not in now.customers]
    waited = {renewal_id for stood in before.customers.values() for renewal_id in stood.undecided}
    decided = [
        term
        for term in publication.rows("renewals", Renewal, "where outcome <> 'open' order by decided_on, renewal_id")
        if term.renewal_id in waited and term.customer_id in known
    ]

    def acting(these: Mapping[str, Standing], those: Mapping[str, Standing]) -> tuple[Acting, ...]:
        """Drivers that only these have, of customers who are in both: of a new customer everything would be new."""
        only = (
            (line, [one for one in these[key].actions if one not in those[key].actions])
            for line in both
            for key in [line.customer.customer_id]
        )
        return tuple(Acting(line, tuple(drivers)) for line, drivers in only if drivers)

    return Changes(
        since=before.as_of,
        before=before.figures,
        customers=before.customers,
        worse=tuple(one for one in moved if _steps(one) < 0),
        better=tuple(one for one in moved if _steps(one) > 0),
        unclear=tuple(one for one in moved if _steps(one) == 0),
        arrived=tuple(line for line in lines if line.is_current and line.customer.customer_id not in before.customers),
        lost=tuple(line for line in lines if line.customer.customer_id in left),
        gone=sum(customer_id not in known for customer_id in left),
        new_actions=acting(now.customers, before.customers),
        ended_actions=acting(before.customers, now.customers),
        # What was lost comes first.
        decided=tuple(
            Decided(known[term.customer_id], term)
            for term in sorted(decided, key=lambda term: term.outcome != "churned")
            if term.customer_id
        ),
    )


def _band(band: str | None) -> str | None:
    return band if band in _ORDER else None


def _steps(moved: Moved) -> int:
    """Steps up; none where either band is not known."""
    before, now = _band(moved.before.band), _band(moved.line.health_band)
    return 0 if before is None or now is None else _ORDER.index(now) - _ORDER.index(before)
