"""The pages of a report in the order of its navigation, beside one per customer; each is filled in its own module."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from markupsafe import Markup

from reports import evidence, people, portfolio, quality, showcase, trust, voice
from reports.charts import Charts
from reports.publication import Publication
from reports.reasons import Reason


@dataclass(frozen=True)
class Reading:
    """What every page is filled from: one publication as of one day, and what the customers' own pages told."""

    publication: Publication
    as_of: date
    trust: trust.Trust
    lines: tuple[portfolio.Line, ...]
    reasons: tuple[Reason, ...]


@dataclass(frozen=True)
class Page:
    """One page: how its context and charts are made. Its name is that of its template, its file and its exposure."""

    name: str
    title: str
    fill: Callable[[Reading], Any]
    draw: Callable[[Charts, Any], Mapping[str, Markup]] = lambda _charts, _context: {}

    @property
    def file(self) -> str:
        return "index.html" if self.name == "portfolio" else f"{self.name}.html"


PAGES = (
    Page(
        "portfolio",
        "Portfolio",
        lambda of: portfolio.portfolio_context(of.publication, of.as_of, of.trust, of.lines, of.reasons),
        portfolio.draw,
    ),
    Page("people", "People", lambda of: people.people_context(of.publication, of.as_of)),
    Page(
        "quality",
        "Quality and promises",
        lambda of: quality.quality_context(of.publication, of.as_of),
        quality.draw,
    ),
    Page("voice", "Voice", lambda of: voice.voice_context(of.publication, of.as_of)),
    Page("evidence", "Evidence", lambda of: evidence.evidence_context(of.publication, of.as_of), evidence.draw),
    Page("showcase", "Showcase", lambda of: showcase.showcase_context(of.publication, of.as_of), showcase.draw),
    Page("trust", "Trust", lambda of: trust.trust_context(of.publication, of.trust)),
)
