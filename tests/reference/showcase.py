"""What can be told of customers: growth heard by the front line, care after the sale, touches by week of quarter."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from functools import cached_property

import pandas

from tests.reference.days import add_months, median, month_of, share
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
            if row["is_current"] and row["opportunities_open"] and not self.is_overdue(row):
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

    def is_overdue(self, row: Row) -> bool:
        """Whether a renewal, a promise on an open incident or a goal is; so it may be where nobody can know."""
        customer_id = row["customer_id"]
        incidents = self.months.quality.known(customer_id, self.as_of)
        return (
            row["overdue_incidents"] is None
            or (row["next_renewal_on"] is not None and row["next_renewal_on"] <= self.as_of)
            or any(
                promise.kept(self.as_of) is False and promise.done_at is None
                for incident in incidents
                if incident.resolved_at is None
                for promise in incident.promises
            )
            or any(goal.is_overdue for goal in self.months.outcome.goals(self.as_of) if goal.customer_id == customer_id)
        )

    def touch_rhythm(self) -> pandas.DataFrame:
        """Touches per customer by whole week of quarter, of those who were customers when it began."""
        found: dict[tuple[date, int, str], Row] = {}
        rows = {(row["customer_id"], row["month"]): row for row in self.months.measured}
        for customer_id in {customer_id for customer_id, _ in rows}:
            deals = self.months.deals
            since = deals.customer_since(customer_id, self.as_of)
            churned = churned_on(deals.terms(customer_id, self.as_of), self.as_of)
            touches = self.months.touches.known(customer_id, self.as_of)
            assert since
            for quarter, week, first, last in weeks(since, self.as_of):
                row = rows.get((customer_id, month_of(first)))
                if row is None or (churned is not None and churned < first):
                    continue
                inside = [touch for touch in touches if first <= touch.on <= last]
                for name in ("all", row["segment"] or "unknown"):
                    sums = found.setdefault((quarter, week, name), {"customers": 0, "touches": 0, "substantive": 0})
                    sums["customers"] += 1
                    sums["touches"] += len(inside)
                    sums["substantive"] += sum(touch.substance == "substantive" for touch in inside)
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

    @property
    def showcase_months(self) -> list[date]:
        """First days of the last twelve calendar months that were over on the as-of day."""
        last = month_of(self.as_of + timedelta(days=1))
        return [add_months(last, -count) for count in range(12, 0, -1)]

    def care_showcase(self) -> pandas.DataFrame:
        """How a segment's customers were treated after the sale in twelve whole months; of fewer than five nothing."""
        found = []
        months = set(self.showcase_months)
        rows = [row for row in self.months.measured if row["month"] in months]
        for segment in sorted({row["segment"] or "unknown" for row in rows}):
            of_segment = [row for row in rows if (row["segment"] or "unknown") == segment]
            members = {row["customer_id"] for row in of_segment}
            if len(members) >= ENOUGH:
                found.append({"segment": segment, "customers": len(members), **self.care(of_segment, members)})
        return pandas.DataFrame(found, dtype=object)

    def care(self, rows: list[Row], members: set[str]) -> Row:
        waits, kept, surprises, touched = [], [], 0, 0
        promised = set()
        first_on, after = self.showcase_months[0], add_months(self.showcase_months[-1], 1)
        for customer_id in members:
            since = self.months.deals.customer_since(customer_id, self.as_of)
            assert since
            touches = self.months.touches.known(customer_id, self.as_of)
            after_the_sale = [touch for touch in touches if touch.on >= since]
            ours = [t.on for t in after_the_sale if t.substance == "substantive" and t.direction == "outbound"]
            first = min(ours, default=self.as_of)
            if self.first_touch_on and since >= self.first_touch_on:
                waits.append(float((first - since).days))
            of_customer = {row["month"] for row in rows if row["customer_id"] == customer_id}
            touched += len({month_of(on) for on in ours} & of_customer)
            for incident in self.months.quality.known(customer_id, self.as_of):
                is_of_customer = incident.opened_on >= since and month_of(incident.opened_on) in of_customer
                surprises += incident.is_surprise and is_of_customer
                for promise in incident.promises:
                    if max(first_on, since) <= promise.due_at.date() < after:
                        kept.append(promise.kept(self.as_of) is True)
                        promised.add(customer_id)
        return {
            "days_to_first_substantive_touch": median(waits) if len(waits) >= ENOUGH else None,
            "months_in_touch_share": share(touched, len(rows)),
            "promises_kept_rate": share(sum(kept), len(kept)) if len(promised) >= ENOUGH else None,
            "surprises_per_100_customer_months": share(100 * surprises, len(rows)),
        }

    @cached_property
    def first_touch_on(self) -> date | None:
        """Day since which touches are on record."""
        return min((touch.on for touch in self.months.touches.all if touch.known(self.as_of)), default=None)


def weeks(since: date, as_of: date) -> Iterator[tuple[date, int, date, date]]:
    """Whole weeks of quarters from a day on: quarter, number, first and last day; the 13th ends with its quarter."""
    quarter = date(since.year, (since.month - 1) // 3 * 3 + 1, 1)
    while quarter <= as_of:
        for week in range(1, 14):
            first = quarter + timedelta(days=7 * (week - 1))
            last = first + timedelta(days=6) if week < 13 else add_months(quarter, 3) - timedelta(days=1)
            if first >= since and last <= as_of:
                yield quarter, week, first, last
        quarter = add_months(quarter, 3)
