"""A second, naive implementation of the mart: landed rows read with pandas, tables returned as DataFrames.

It is written straight from the definitions, shares no code with dbt and makes no effort to be fast: its only use is
to be compared with the mart, value by value. Time zone UTC, reporting currency USD and the shipped mappings are
assumed; links, rates, drivers, overrides and outcomes are read from the seeds.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pandas

from tests.reference.acting import Acting
from tests.reference.activities import Activities
from tests.reference.deals import Deals
from tests.reference.facts import Facts
from tests.reference.feedback import Feedback
from tests.reference.files import Files
from tests.reference.health import Health
from tests.reference.hr import Hr
from tests.reference.identity import Identity
from tests.reference.landing import Landing
from tests.reference.lifecycle import Lifecycle
from tests.reference.message import Message
from tests.reference.months import Months
from tests.reference.outcome import Outcome
from tests.reference.people import People
from tests.reference.proof import CHURNED_ENOUGH, Proof
from tests.reference.quality import Quality
from tests.reference.references import References
from tests.reference.showcase import Showcase
from tests.reference.surveys import Surveys
from tests.reference.tickets import Tickets
from tests.reference.touches import Touches
from tests.reference.voice import Voices


class NaiveMart:
    """The mart of one data folder as of one day."""

    def __init__(self, data_dir: Path, seeds: Path, as_of: date, churned_enough: int = CHURNED_ENOUGH) -> None:
        landing = Landing(data_dir)
        self.identity = Identity(landing, seeds)
        self.files = Files(landing)
        self.hr = Hr(landing)
        self.deals = Deals(landing, self.identity, seeds)
        self.tickets = Tickets(landing, self.identity)
        self.activities = Activities(landing, self.identity, self.deals)
        self.surveys = Surveys(landing, self.identity, self.activities, self.tickets)
        self.touches = Touches(self.identity, self.activities, self.tickets, self.surveys, self.files)
        self.voices = Voices(self.identity, self.activities, self.deals, self.tickets, self.files)
        self.people = People(self.identity, self.deals, self.hr, self.touches)
        self.quality = Quality(self.identity, self.tickets, self.touches, self.voices, self.surveys)
        self.acting = Acting(self.quality, self.voices, self.touches)
        self.message = Message(self.deals, self.identity, self.touches)
        self.outcome = Outcome(landing, self.files, self.identity, self.deals, as_of)
        self.months = Months(
            self.identity,
            self.hr,
            self.deals,
            self.activities,
            self.touches,
            self.people,
            self.quality,
            self.voices,
            self.surveys,
            self.acting,
            self.message,
            self.outcome,
            as_of,
        )
        self.facts = Facts(
            self.identity,
            self.hr,
            self.deals,
            self.touches,
            self.people,
            self.quality,
            self.voices,
            self.surveys,
            self.acting,
            self.months,
            as_of,
        )
        self.health = Health(landing, self.files, self.months, seeds)
        self.proof = Proof(self.deals, self.health, as_of, churned_enough)
        self.feedback = Feedback(self.identity, self.files, self.proof, seeds, as_of)
        self.showcase = Showcase(self.months, as_of)
        self.lifecycle = Lifecycle(self.facts, self.health, self.proof)
        self.references = References(
            landing, self.identity, self.deals, self.activities, self.tickets, self.voices, self.health, as_of
        )

    @property
    def holders(self) -> dict[Any, tuple[str, ...]]:
        """Who makes which tables; the others are facts."""
        return {
            self.months: ("retention_by_month",),
            self.outcome: ("product_usage", "success_goals", "retention_costs"),
            self.health: ("customer_months", "health_points"),
            self.proof: ("retention_drivers", "renewal_survival", "health_backtest"),
            self.feedback: ("action_outcomes", "action_results"),
            self.showcase: ("opportunities", "care_showcase", "touch_rhythm"),
            self.lifecycle: ("customer_lifecycle",),
            self.references: ("identity_links", "unresolved_references"),
        }

    def table(self, name: str) -> pandas.DataFrame:
        """A table of the mart by its name."""
        holder = next((holder for holder, tables in self.holders.items() if name in tables), self.facts)
        found = getattr(holder, name)()
        assert isinstance(found, pandas.DataFrame)
        return found
