"""What people said came of recommended actions, in seed and files, and how renewals came out with and without."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property
from pathlib import Path

import pandas

from tests.reference.days import day, share
from tests.reference.deals import Term
from tests.reference.files import Files
from tests.reference.identity import Identity
from tests.reference.landing import Fact, Row
from tests.reference.proof import Proof, wilson

RESTS_DAYS = {"done": 30, "wrong": 180}
SEED = "actions/recorded_outcomes.csv"


@dataclass(frozen=True, kw_only=True)
class Told(Fact):
    """What came of an action, as somebody said it and until somebody said otherwise."""

    key: str
    customer_id: str | None
    row: Row

    @property
    def on(self) -> date:
        found = day(self.row["recorded_on"])
        assert found
        return found

    @property
    def rests_until_on(self) -> date:
        return self.on + timedelta(days=RESTS_DAYS[self.row["outcome"]])


class Feedback:
    def __init__(self, identity: Identity, files: Files, proof: Proof, seeds: Path, as_of: date) -> None:
        self.identity = identity
        self.files = files
        self.proof = proof
        self.seeds = seeds
        self.as_of = as_of

    @cached_property
    def all(self) -> list[Told]:
        return [*self.from_seed(), *self.from_files()]

    def from_seed(self) -> list[Told]:
        """Rows of the seed count from the day that they bear."""
        with (self.seeds / SEED).open(encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        return [
            Told(
                source_system="seeds",
                source_record_id=f"{SEED}:{number}",
                recorded_at=beginning(row),
                removed_at=None,
                key='seeds:["{customer_id}", "{driver}", "{recorded_on}"]'.format(**row),
                customer_id=self.identity.customer_of_id(row["customer_id"]),
                row=dict(row),
            )
            for number, row in enumerate(rows, start=2)
        ]

    def from_files(self) -> list[Told]:
        return [
            Told(
                source_system="files",
                source_record_id=version.source_record_id,
                recorded_at=version.recorded_at,
                removed_at=version.removed_at,
                key=f"files:{key}",
                customer_id=self.identity.customer_of_id(version.row["customer_id"]),
                row=version.row,
            )
            for key, versions in self.files.versions("action_outcomes", beginning).items()
            for version in versions
        ]

    @cached_property
    def known(self) -> list[Told]:
        return [told for told in self.all if told.known(self.as_of) and told.on <= self.as_of]

    def action_outcomes(self) -> pandas.DataFrame:
        return pandas.DataFrame(
            [
                {
                    "action_outcome_id": told.key,
                    "customer_id": told.customer_id,
                    **{name: told.row[name] for name in ("driver", "outcome", "reason", "recorded_by")},
                    "recorded_on": told.on,
                    "rests_until_on": told.rests_until_on,
                    "is_resting": self.as_of <= told.rests_until_on,
                    "source_system": told.source_system,
                    "source_record_id": told.source_record_id,
                    "recorded_at": told.recorded_at,
                }
                for told in self.known
            ],
            dtype=object,
        )

    def action_results(self) -> pandas.DataFrame:
        of_score = {driver.driver for driver in self.proof.health.drivers}
        drivers = {told.row["driver"] for told in self.known} & of_score
        return pandas.DataFrame([self.result(driver) for driver in ["all", *sorted(drivers)]], dtype=object)

    def result(self, driver: str) -> Row:
        said = [told.row["outcome"] for told in self.known if driver in ("all", told.row["driver"])]
        renewals: dict[bool, list[bool]] = {True: [], False: []}
        for customer_id, term, is_retained in self.terms:
            renewals[self.is_done(customer_id, term, driver)].append(is_retained)
        churned = sum(not is_retained for found in renewals.values() for is_retained in found)
        return {
            "driver": driver,
            "outcomes": len(said),
            "done": said.count("done"),
            "wrong": said.count("wrong"),
            "wrong_share": share(said.count("wrong"), len(said)),
            "churned": churned,
            "is_validatable": churned >= self.proof.churned_enough,
            **rated("done", renewals[True]),
            **rated("without", renewals[False]),
        }

    @cached_property
    def terms(self) -> list[tuple[str, Term, bool]]:
        """Terms with their customers, and whether kept, that were decided when outcomes were being recorded."""
        since = min((told.on for told in self.known), default=None)
        return [
            (customer_id, term, outcome != "churned")
            for customer_id, term, outcome in self.proof.terms
            if outcome != "open" and since is not None and since <= self.last_day(term)
        ]

    def last_day(self, term: Term) -> date:
        """The last day on which acting could still help."""
        decided_on = term.decided_on(self.as_of)
        assert decided_on
        return min(term.due_on, decided_on) - timedelta(days=1)

    def is_done(self, customer_id: str, term: Term, driver: str) -> bool:
        """Whether an action is said, in time, to be done in time."""
        last_day = self.last_day(term)
        return any(
            told.customer_id == customer_id
            and driver in ("all", told.row["driver"])
            and told.row["outcome"] == "done"
            and term.start_on <= told.on <= last_day
            and told.known(last_day)
            for told in self.all
        )


def beginning(row: Row) -> datetime:
    on = day(row["recorded_on"])
    assert on
    return datetime.combine(on, time())


def rated(which: str, kept: list[bool]) -> Row:
    low, high = wilson(sum(kept), len(kept)) if kept else (None, None)
    return {
        f"n_{which}": len(kept),
        f"retained_{which}": sum(kept),
        f"rate_{which}": share(sum(kept), len(kept)),
        f"rate_{which}_low": low,
        f"rate_{which}_high": high,
    }
