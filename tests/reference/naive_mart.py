"""A second, naive implementation of the mart: landed rows read with pandas, tables returned as DataFrames.

It is written straight from the definitions, shares no code with dbt and makes no effort to be fast: its only use is
to be compared with the mart, value by value. Time zone UTC, reporting currency USD and the shipped seeds are assumed.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas

from tests.reference.acting import Acting
from tests.reference.activities import Activities
from tests.reference.deals import Deals
from tests.reference.facts import Facts
from tests.reference.hr import Hr
from tests.reference.identity import Identity
from tests.reference.landing import Landing
from tests.reference.months import Months
from tests.reference.people import People
from tests.reference.quality import Quality
from tests.reference.surveys import Surveys
from tests.reference.tickets import Tickets
from tests.reference.touches import Touches
from tests.reference.voice import Voices

MONTHLY = ("customer_months", "retention_by_month")


class NaiveMart:
    """The mart of one data folder as of one day."""

    def __init__(self, data_dir: Path, seeds: Path, as_of: date) -> None:
        landing = Landing(data_dir)
        self.identity = Identity(landing, seeds)
        self.hr = Hr(landing)
        self.deals = Deals(landing, self.identity, seeds)
        self.tickets = Tickets(landing, self.identity)
        self.activities = Activities(landing, self.identity, self.deals)
        self.surveys = Surveys(landing, self.identity, self.activities, self.tickets)
        self.touches = Touches(self.identity, self.activities, self.tickets, self.surveys)
        self.voices = Voices(self.identity, self.activities, self.deals, self.tickets)
        self.people = People(self.identity, self.deals, self.hr, self.touches)
        self.quality = Quality(self.identity, self.tickets, self.touches, self.voices, self.surveys)
        self.acting = Acting(self.quality, self.voices, self.touches)
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

    def table(self, name: str) -> pandas.DataFrame:
        """A table of the mart by its name."""
        holder = self.months if name in MONTHLY else self.facts
        found = getattr(holder, name)()
        assert isinstance(found, pandas.DataFrame)
        return found
