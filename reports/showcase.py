"""The showcase: how customers are treated after the sale, fit to be shown to a prospect; it names nobody."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from markupsafe import Markup

from reports.charts import Charts
from reports.figures import words
from reports.publication import Care, Publication
from reports.records import months_before


@dataclass(frozen=True)
class Measure:
    """One thing a customer can expect, in a prospect's words: of which column, and how its value is written."""

    column: str
    title: str
    meaning: str
    unit: str
    written: str

    def of(self, segment: Care) -> float | None:
        value = getattr(segment, self.column)
        return None if value is None else float(value)

    def shown(self, segment: Care) -> str:
        value = self.of(segment)
        return "not known" if value is None else self.written.format(value)


MEASURES = (
    Measure(
        "days_to_first_substantive_touch",
        "Days to first help",
        "Half of the new customers had something of use from us within so many days of signing: a training, a review, "
        "an answer, joint work. A call to say hello does not count. Fewer is better.",
        "decimal",
        "{:,.1f}",
    ),
    Measure(
        "months_in_touch_share",
        "Months in touch",
        "In how many of their months customers had something of use from us, all through the contract and not only "
        "before a renewal. More is better.",
        "share",
        "{:.1%}",
    ),
    Measure(
        "promises_kept_rate",
        "Promises kept",
        "Of the answers and fixes for which we had promised a time, how many came by then. More is better.",
        "share",
        "{:.1%}",
    ),
    Measure(
        "surprises_per_100_customer_months",
        "Surprises per 100 months",
        "Serious faults that the customer found before we did, for every hundred months that customers were with us. "
        "Fewer is better.",
        "decimal",
        "{:,.1f}",
    ),
)


@dataclass(frozen=True)
class ShowcaseContext:
    """Everything that the showcase shows: groups of customers, of which the mart tells none that is too small."""

    as_of: date
    segments: tuple[Care, ...]
    measures: tuple[Measure, ...] = MEASURES

    @property
    def customers(self) -> int:
        return sum(segment.customers for segment in self.segments)

    def range_of(self, measure: Measure) -> tuple[float, float] | None:
        """From the lowest to the highest group; null where it is known of none."""
        known = [value for segment in self.segments if (value := measure.of(segment)) is not None]
        return (min(known), max(known)) if known else None

    @property
    def first_month(self) -> date:
        """The first of the twelve whole months that the figures are about."""
        return months_before(self.next_month, 12)

    @property
    def last_month(self) -> date:
        return months_before(self.next_month, 1)

    @property
    def next_month(self) -> date:
        return (self.as_of + timedelta(days=1)).replace(day=1)


def showcase_context(publication: Publication, as_of: date) -> ShowcaseContext:
    """The showcase of one publication, the largest group of customers first."""
    segments = publication.rows("care_showcase", Care, "order by segment = 'unknown', customers desc, segment")
    return ShowcaseContext(segments[0].as_of_on if segments else as_of, tuple(segments))


def segment_name(segment: str) -> str:
    """A segment in a prospect's words."""
    shown = "others" if segment == "unknown" else words(segment)
    return shown[:1].upper() + shown[1:]


def draw(charts: Charts, context: ShowcaseContext) -> Mapping[str, Markup]:
    """Every measure by segment, where there is a segment."""
    if not context.segments:
        return {}
    return {
        "care": charts.care(
            [segment_name(segment.segment) for segment in context.segments],
            [
                (
                    measure.title,
                    1.0 if measure.unit == "share" else None,
                    [(measure.of(segment), measure.shown(segment)) for segment in context.segments],
                )
                for measure in context.measures
            ],
        )
    }
