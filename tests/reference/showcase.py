"""What can be told of customers: growth heard by the front line, care after the sale, touches by week of quarter."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import pandas

from tests.reference.days import add_months, median, share
from tests.reference.deals import churned_on
from tests.reference.landing import Row
from tests.reference.months import Months

# A group of fewer could be recognised.
ENOUGH = 5


class Showcase:
    def __init__(self, months: Months, as_of: date) -> None:
        self.months = months
        self.as_of = as_of

    def opportunities(self) -> pandas.DataFrame:
        """Customers of whom an opportunity was heard that nobody acted on, where nothing is overdue."""
        found = []
        for row in self.months.measured:
            if row["is_current"] and row["opportunities_open"] and row["overdue_incidents"] == 0:
                voices = [
                    voice
                    for voice in self.months.voices.known(row["customer_id"], self.as_of)
                    if voice.kind == "opportunity" and self.months.voices.acted_on_at(voice, self.as_of) is None
                ]
                found.append(
                    {
                        "customer_id": row["customer_id"],
                        "opportunities_open": len(voices),
                        "first_heard_on": min(voice.on for voice in voices),
                        "last_heard_on": max(voice.on for voice in voices),
                    }
                )
        return pandas.DataFrame(found, dtype=object)

    def customers(self) -> Iterator[tuple[str, str, date, date | None]]:
        """Each customer won by now with segment, first day and, once churned, last day."""
        identity, deals = self.months.identity, self.months.deals
        for key, company in identity.companies.items():
            customer_id = f"hubspot:{key}"
            since = deals.customer_since(customer_id, self.as_of)
            if company.counts and company.known(self.as_of) and key not in identity.company_winners and since:
                churned = churned_on(deals.terms(customer_id, self.as_of), self.as_of)
                yield customer_id, company.properties.get("segment") or "unknown", since, churned

    def touch_rhythm(self) -> pandas.DataFrame:
        """Touches per customer by week of quarter, of those who were customers in that week."""
        found: dict[tuple[date, int, str], Row] = {}
        for customer_id, segment, since, churned in self.customers():
            weeks = {week_of(since + timedelta(days=days)) for days in range((self.as_of - since).days + 1)}
            for quarter, week in weeks:
                first = quarter + timedelta(days=7 * (week - 1))
                last = min(first + timedelta(days=6), add_months(quarter, 3) - timedelta(days=1))
                if churned is not None and churned <= first:
                    continue
                touches = [t for t in self.months.touches.known(customer_id, self.as_of) if first <= t.on <= last]
                row = found.setdefault((quarter, week, segment), {"customers": 0, "touches": 0, "substantive": 0})
                row["customers"] += 1
                row["touches"] += len(touches)
                row["substantive"] += sum(touch.substance == "substantive" for touch in touches)
        return pandas.DataFrame(
            [
                {
                    "quarter": quarter,
                    "week_of_quarter": week,
                    "segment": segment,
                    "customers": row["customers"],
                    "touches": row["touches"],
                    "substantive_touches": row["substantive"],
                    "touches_per_customer": row["touches"] / row["customers"],
                    "substantive_touches_per_customer": row["substantive"] / row["customers"],
                }
                for (quarter, week, segment), row in sorted(found.items())
            ],
            dtype=object,
        )

    def care_showcase(self) -> pandas.DataFrame:
        """How the customers of a segment were treated after the sale; of fewer than five nothing is told."""
        found = []
        everybody = list(self.customers())
        for segment in sorted({segment for _, segment, _, _ in everybody}):
            members = {customer_id: since for customer_id, of, since, _ in everybody if of == segment}
            if len(members) >= ENOUGH:
                found.append({"segment": segment, "customers": len(members), **self.care(members)})
        return pandas.DataFrame(found, dtype=object)

    def care(self, members: dict[str, date]) -> Row:
        months = [row for row in self.months.measured if row["customer_id"] in members]
        waits, touched, kept, surprises = [], 0, [], 0
        for customer_id, since in members.items():
            touches = self.months.touches.known(customer_id, self.as_of)
            first = min((t.on for t in touches if t.substance == "substantive" and t.on >= since), default=None)
            if first is not None:
                waits.append(float((first - since).days))
            touched += len(
                {t.on.replace(day=1) for t in touches} & {r["month"] for r in months_of(months, customer_id)}
            )
            for incident in self.months.quality.known(customer_id, self.as_of):
                if incident.opened_on >= since:
                    surprises += incident.is_surprise
                    kept += [k for promise in incident.promises if (k := promise.kept(self.as_of)) is not None]
        return {
            "customer_months": len(months),
            "median_days_to_first_substantive_touch": median(waits),
            "months_in_touch_share": share(touched, len(months)),
            "promises_kept_share": share(sum(kept), len(kept)),
            "surprises_per_100_customer_months": share(100 * surprises, len(months)),
        }


def months_of(months: list[Row], customer_id: str) -> list[Row]:
    return [row for row in months if row["customer_id"] == customer_id]


def week_of(on: date) -> tuple[date, int]:
    """First day of the quarter and week in it, 1 to 14."""
    quarter = date(on.year, (on.month - 1) // 3 * 3 + 1, 1)
    return quarter, (on - quarter).days // 7 + 1
