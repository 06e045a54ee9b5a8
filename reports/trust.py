"""Whether the data can be trusted: what every report says at its head, and the whole of it on the trust page."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from reports.publication import LoadStatus, Publication, ReportError, SeedFault, UnresolvedReference

JUDGES = {
    "gate 1": "Gate 1: may a load be admitted?",
    "dbt": "dbt's tests: are the models sound?",
    "gate 2": "Gate 2: may people read the marts?",
}
# As a daily refresh that failed once leaves nothing stale, so a report a day after its publication.
DAYS_FRESH = 1


@dataclass(frozen=True)
class Unresolved:
    """Source records of one kind that point to another kind which nobody knows; `reason` where all share one."""

    source_system: str
    source_object: str
    reference_object: str
    count: int
    reason: str | None


@dataclass(frozen=True)
class Stale:
    """A system that was not read when it should have been: its last good state, and how old that is at the report."""

    source_system: str
    last_good_at: datetime
    days: int
    tables: int


@dataclass(frozen=True)
class Check:
    """The latest outcome of one rule on one table, as `check_results.json` has it."""

    judge: str
    table: str
    rule: str
    why: str
    blocks: bool
    verdict: str
    judged_at: datetime | None
    rows_judged: int | None
    rows_failing: int | None


@dataclass(frozen=True)
class Judgement:
    """All that one judge said last."""

    judge: str
    checks: tuple[Check, ...]

    @property
    def title(self) -> str:
        return JUDGES[self.judge]

    @property
    def judged_at(self) -> datetime | None:
        return max((check.judged_at for check in self.checks if check.judged_at), default=None)

    def count(self, verdict: str) -> int:
        return sum(check.verdict == verdict for check in self.checks)


@dataclass(frozen=True)
class Trust:
    """What a reader must know of the data before acting on it."""

    as_of: date
    published_as_of: date | None
    loads: tuple[LoadStatus, ...]
    unresolved: tuple[Unresolved, ...]
    judgements: tuple[Judgement, ...] = ()

    @property
    def days_behind(self) -> int:
        return (self.as_of - self.published_as_of).days if self.published_as_of else 0

    @property
    def not_fresh(self) -> tuple[LoadStatus, ...]:
        return tuple(load for load in self.loads if load.freshness != "fresh")

    @property
    def stale(self) -> tuple[Stale, ...]:
        """Systems with a table that was stale when published, or all where that is longer ago than a day."""
        found: dict[str, list[datetime]] = {}
        for load in self.loads:
            is_stale = load.freshness == "stale" or self.days_behind > DAYS_FRESH
            if is_stale and load.last_good_load_at is not None:
                found.setdefault(load.source_system, []).append(load.last_good_load_at)
        return tuple(
            Stale(system, min(loads), (self.as_of - min(loads).date()).days, len(loads))
            for system, loads in sorted(found.items())
        )

    @property
    def with_failed_rules(self) -> tuple[LoadStatus, ...]:
        return tuple(load for load in self.loads if load.rules_failed)

    @property
    def rules_failed(self) -> int:
        return sum(load.rules_failed or 0 for load in self.loads)

    @property
    def rules_warned(self) -> int:
        return sum(load.rules_warned or 0 for load in self.loads)

    @property
    def rules_checked(self) -> int:
        passed = sum(load.rules_passed or 0 for load in self.loads)
        return passed + self.rules_warned + self.rules_failed

    @property
    def refused(self) -> tuple[LoadStatus, ...]:
        return tuple(load for load in self.loads if load.last_verdict == "refused")

    @property
    def unresolved_count(self) -> int:
        return sum(unresolved.count for unresolved in self.unresolved)

    @property
    def broken(self) -> tuple[Check, ...]:
        """Checks that failed or warn, what blocks first."""
        checks = [check for judgement in self.judgements for check in judgement.checks]
        found = [check for check in checks if check.verdict in ("failed", "warned")]
        return tuple(sorted(found, key=lambda check: (check.verdict != "failed", check.judge, check.table, check.rule)))

    @property
    def refusing(self) -> tuple[Check, ...]:
        """Checks for which the last refresh was not published."""
        return tuple(check for check in self.broken if check.verdict == "failed" and check.blocks)

    @property
    def is_unfinished(self) -> bool:
        """Whether the last refresh ended before the marts were judged, or has not come to it yet."""
        return any(
            check.verdict == "not_judged" and check.blocks
            for judgement in self.judgements
            for check in judgement.checks
        )


@dataclass(frozen=True)
class QuarantinedRows:
    """Rows of one landed table that gate 1 held back by one rule."""

    source_table: str
    rule: str
    reason: str
    waiting: int
    released: int
    first_held_back_at: datetime


@dataclass(frozen=True)
class TrustContext:
    """Everything that the trust page shows; `quarantined` is null of a publication made before there was any."""

    as_of: date
    trust: Trust
    quarantined: tuple[QuarantinedRows, ...] | None
    seed_faults: tuple[SeedFault, ...]


def trust(publication: Publication, as_of: date, checks: Sequence[Check] = ()) -> Trust:
    """The trust header of one publication, read on the as-of day."""
    references = publication.rows("unresolved_references", UnresolvedReference)
    counts = Counter((row.source_system, row.source_object, row.reference_object or "not known") for row in references)
    reasons: dict[tuple[str, str, str], set[str]] = {}
    for row in references:
        key = (row.source_system, row.source_object, row.reference_object or "not known")
        reasons.setdefault(key, set()).add(row.reason or "no reason recorded")
    return Trust(
        as_of=as_of,
        published_as_of=publication.as_of_on(),
        loads=tuple(publication.rows("load_status", LoadStatus, "order by source_system, source_table")),
        unresolved=tuple(
            Unresolved(*key, count, next(iter(reasons[key])) if len(reasons[key]) == 1 else None)
            for key, count in sorted(counts.items())
        ),
        judgements=tuple(_judgements(checks)),
    )


def _judgements(checks: Sequence[Check]) -> Iterable[Judgement]:
    for judge in JUDGES:
        found = sorted((one for one in checks if one.judge == judge), key=lambda one: (one.table, one.rule))
        if found:
            yield Judgement(judge, tuple(found))


def trust_context(publication: Publication, trusted: Trust) -> TrustContext:
    """The trust page of one publication."""
    return TrustContext(
        as_of=trusted.as_of,
        trust=trusted,
        quarantined=_quarantined(publication),
        seed_faults=tuple(publication.rows("seed_faults", SeedFault, "order by seed_file, seed_row")),
    )


def _quarantined(publication: Publication) -> tuple[QuarantinedRows, ...] | None:
    if not publication.columns("quarantined_rows"):
        return None
    found = publication.ask(
        "select source_table, rule, max(reason), count(*) filter (where not is_released), "
        "count(*) filter (where is_released), min(held_back_at) "
        "from mart.quarantined_rows group by source_table, rule order by source_table, rule"
    )
    return tuple(QuarantinedRows(*row) for row in found)


def read_checks(path: Path | None) -> tuple[Check, ...]:
    """What the checks said last; none where no refresh has written it. Raises ReportError on a file of another kind."""
    if path is None or not path.exists():
        return ()
    try:
        rows: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
        for row in rows:
            row["judged_at"] = _naive(row["judged_at"])
        return tuple(Check(**row) for row in rows)
    except (ValueError, TypeError, KeyError) as error:
        raise ReportError(f"{path} is not what a refresh writes ({error}): delete it, and refresh again") from error


def _naive(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text).replace(tzinfo=None) if text else None
