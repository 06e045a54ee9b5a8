"""One customer's life on one time axis, as inline SVG coloured by the page's style sheet; other charts: charts.py.

It is written outright, not drawn by matplotlib: it stands on every customer's page, and the rest of that page would
take no longer. No customer's name goes into it; names of employees are cut to what fits the bar they stand on.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from functools import cache
from typing import Any

from markupsafe import Markup, escape

from reports.figures import printable, words
from reports.publication import Assignment, Employee, Incident, Renewal, Survey, Touch, Voice
from reports.records import CustomerRecords

# Longer lives would leave a day no width; the record tables below the chart go back to the start.
TIMELINE_YEARS = 4

# In points. Left of the time axis stand the lanes' names, above it that of the as-of day, below it those of months.
WIDTH, LEFT, RIGHT, TOP, BELOW, LANE = 720.0, 104.0, 714.0, 21.4, 17.5, 19.44

# What a character of the smaller text takes in the widest of the fonts it may be shown in, in points.
CHARACTER = 5.6

INK, MUTED, GRID, BAND, SOFT, SOFT_2 = (f"var(--{name})" for name in ("ink", "muted", "grid", "band", "soft", "soft-2"))
BLUE, TEAL, AMBER, RED = (f"var(--{name})" for name in ("blue", "teal", "amber", "red"))

_ROLES = ("seller", "account_manager", "csm", "support_lead", "field_engineer")
_SUBSTANCES = (
    ("substantive", "dot", TEAL),
    ("sales", "diamond", BLUE),
    ("courtesy", "square", AMBER),
    ("administrative", "bar", MUTED),
    ("unclassified", "cross", MUTED),
)
_OUTCOMES = {
    "renewed": ("dot", TEAL),
    "expanded": ("up", TEAL),
    "contracted": ("down", AMBER),
    "churned": ("cross", RED),
    "open": ("ring", INK),
}
_SENTIMENTS = {"positive": ("up", TEAL), "neutral": ("dot", MUTED), "negative": ("down", RED)}
_KINDS_HEARD = {
    "warning": ("up", RED),
    "aversion": ("down", AMBER),
    "expectation": ("dot", BLUE),
    "preference": ("square", TEAL),
    "opportunity": ("diamond", TEAL),
}

# Marks as outlines around the origin, y downwards, in units of their own radius: shapes differ for who sees no colours.
_CIRCLE = [(math.cos((turn + 0.5) * math.pi / 5), math.sin((turn + 0.5) * math.pi / 5)) for turn in range(10)]
_MARKS: dict[str, list[tuple[float, float]]] = {
    "dot": _CIRCLE,
    "ring": _CIRCLE,
    "diamond": [(0, -1.1), (1.1, 0), (0, 1.1), (-1.1, 0)],
    "square": [(-0.8, -0.8), (0.8, -0.8), (0.8, 0.8), (-0.8, 0.8)],
    "bar": [(-0.25, -1.3), (0.25, -1.3), (0.25, 1.3), (-0.25, 1.3)],
    "cross": [
        *((0, -0.45), (0.65, -1.1), (1.1, -0.65), (0.45, 0), (1.1, 0.65), (0.65, 1.1)),
        *((0, 0.45), (-0.65, 1.1), (-1.1, 0.65), (-0.45, 0), (-1.1, -0.65), (-0.65, -1.1)),
    ],
    "up": [(0, -1.1), (1.1, 0.9), (-1.1, 0.9)],
    "down": [(0, 1.1), (1.1, -0.9), (-1.1, -0.9)],
    "on": [(1.1, 0), (-0.9, 1.1), (-0.9, -1.1)],
}

# Stands over the time for which the CRM names somebody who has left.
_HATCH = Markup(
    '<defs><pattern id="timeline-hatch" patternUnits="userSpaceOnUse" width="4" height="4">'
    '<path d="M0 0L4 4M0 4L4 0" style="stroke: {}; stroke-width: 0.8"/></pattern></defs>'
).format(RED)


def timeline(of: CustomerRecords, employees: Mapping[str, Employee]) -> Markup:
    """Contract terms, people by role, touches by substance, incidents, surveys and what was heard of one customer."""
    first, last = _span(of)
    lanes = _lanes(of, first)
    canvas = _Canvas(first, last, len(lanes), of.as_of)
    canvas.grid()
    for index, (title, kind, members) in enumerate(lanes):
        canvas.text(2, index, title, size=9)
        if kind == "terms":
            _draw_terms(canvas, index, members)
        elif kind == "people":
            _draw_people(canvas, index, members, employees)
        elif kind == "incidents":
            _draw_incidents(canvas, index, members)
        elif kind == "surveys":
            _draw_surveys(canvas, index, members)
        elif kind == "voice":
            _draw_voice(canvas, index, members)
        else:
            _draw_touches(canvas, index, kind, members)
    canvas.mark_as_of()
    return canvas.svg(
        f"Timeline from {first} to {last}: {len(of.renewals)} contract terms, {len(of.assignments)} spells of "
        f"people in roles, {len(of.touches)} touches, {len(of.incidents)} incidents, "
        f"{len(of.surveys)} surveys, {len(of.voice)} things heard. The tables below hold every record."
    )


def legend() -> Markup:
    """The signs of the timeline in words."""
    return escape(
        "Contract: ○ undecided, ● renewed, ▲ expanded, ▼ contracted, ✖ churned, at the due day. "
        "People: ✖ left the company, hatched: the CRM still names somebody who has left. "
        "Touches by substance: ◉ pulse check. Incidents: ▲ severe, ▶ still open. "
        "Surveys: ▲ positive, ● neutral, ▼ negative, ○ not answered. "
        "Heard: ▲ warning, ▼ aversion, ● expectation, ■ preference, ◆ opportunity."
    )


def _span(of: CustomerRecords) -> tuple[date, date]:
    starts = [touch.occurred_on for touch in of.touches] + [spell.started_on for spell in of.assignments]
    starts += [survey.asked_on for survey in of.surveys if survey.asked_on is not None]
    starts += [heard.heard_on for heard in of.voice]
    starts += [incident.opened_on for incident in of.incidents] + [term.term_started_on for term in of.renewals]
    first = min([*starts, of.as_of - timedelta(days=180)])
    earliest = of.as_of.replace(year=of.as_of.year - TIMELINE_YEARS, day=min(of.as_of.day, 28))
    ends = [term.due_on for term in of.renewals if term.due_on > of.as_of]
    last = min(max([*ends, of.as_of + timedelta(days=30)]), of.as_of + timedelta(days=400))
    return max(first, earliest), last


def _lanes(of: CustomerRecords, first: date) -> list[tuple[str, str, Sequence[Any]]]:
    lanes: list[tuple[str, str, Sequence[Any]]] = []
    contracts: dict[str, list[Renewal]] = {}
    for term in of.renewals:
        contracts.setdefault(term.contract_id, []).append(term)
    for index, terms in enumerate(contracts.values(), start=1):
        lanes.append(("Contract" if len(contracts) == 1 else f"Contract {index}", "terms", terms))
    for role in [*_ROLES, *sorted({spell.role for spell in of.assignments} - {*_ROLES})]:
        spells = [spell for spell in of.assignments if spell.role == role]
        if spells:
            title = words(role)
            lanes.append((title[:1].upper() + title[1:], "people", spells))
    for substance, *_ in _SUBSTANCES:
        touches = [touch for touch in of.touches if touch.substance == substance and touch.occurred_on >= first]
        # That nobody brought anything of substance, or called, is worth an empty lane; the others are not.
        if touches or substance in ("substantive", "courtesy"):
            lanes.append((substance[:1].upper() + substance[1:], substance, touches))
    if of.lifecycle and of.lifecycle["open_incidents"] is None and not of.incidents:
        lanes.append(("Incidents not known", "incidents", ()))
    else:
        severe = [incident for incident in of.incidents if incident.is_severe]
        others = [incident for incident in of.incidents if not incident.is_severe]
        lanes += [("Severe incidents", "incidents", severe), ("Other incidents", "incidents", others)]
    surveys = [survey for survey in of.surveys if survey.asked_on is not None and survey.asked_on >= first]
    voice = [heard for heard in of.voice if heard.heard_on >= first]
    return lanes + [lane for lane in (("Surveys", "surveys", surveys), ("Heard", "voice", voice)) if lane[2]]


class _Canvas:
    """The time axis with its lanes. Outlines of one style become one path, in the order in which styles first came."""

    def __init__(self, first: date, last: date, lanes: int, as_of: date) -> None:
        self.first, self.last, self.as_of, self.lanes = first, last, as_of, lanes
        self.day_width = (RIGHT - LEFT) / (last - first).days
        self.foot = TOP + lanes * LANE
        self._outlines: dict[str, list[str]] = {}
        self._texts: list[Markup] = []

    def x(self, day: date) -> float:
        """Points from the left; a day outside the axis lies at its end."""
        return LEFT + (min(max(day, self.first), self.last) - self.first).days * self.day_width

    def text(self, x: float, lane: float, text: str, size: int = 8, color: str = INK) -> None:
        # The baseline lies below the middle of the letters.
        y = TOP + (lane + 0.5) * LANE + 0.36 * size
        self._texts.append(
            Markup('<text x="{}" y="{}" style="font: {}px var(--font); fill: {}">{}</text>').format(
                f"{x:.1f}", f"{y:.1f}", size, color, text
            )
        )

    def outline(self, path: str, fill: str = "none", edge: str = "none", width: float = 0.8) -> None:
        stroke = "" if edge == "none" else f"; stroke: {edge}; stroke-width: {width}"
        self._outlines.setdefault(f"fill: {fill}{stroke}", []).append(path)

    def bar(self, lane: int, start: float, end: float, **style: Any) -> None:
        """A bar from one place to another, a day wide at least."""
        right = max(end, start + self.day_width)
        self._box(start, right, TOP + (lane + 0.14) * LANE, TOP + (lane + 0.86) * LANE, **style)

    def mark(self, mark: str, x: float, lane: int, color: str, radius: float, width: float = 0.6) -> None:
        start_x, start_y, rest = _mark(mark, radius)
        fill, edge = ("none", color) if mark == "ring" else (color, INK)
        self.outline(f"M{x + start_x:.1f} {TOP + (lane + 0.5) * LANE + start_y:.1f}{rest}", fill, edge, width)

    def grid(self) -> None:
        for lane in range(0, self.lanes, 2):
            self._box(LEFT, RIGHT, TOP + lane * LANE, TOP + (lane + 1) * LANE, fill=BAND)
        span = (self.last - self.first).days / 30.4
        months = next(months for months in (1, 3, 6, 12) if span / months <= 9 or months == 12)
        day = date(self.first.year, 1, 1)
        while day <= self.last:
            # A name needs room to its right.
            if self.first <= day and self.x(day) < RIGHT - 25:
                self._line(self.x(day), TOP, edge=GRID)
                self.text(self.x(day), self.lanes - 0.05, f"{day:%Y-%m}", color=MUTED)
            month = day.month - 1 + months
            day = date(day.year + month // 12, month % 12 + 1, 1)

    def mark_as_of(self) -> None:
        now = self.x(self.as_of)
        self._line(now, TOP - 0.15 * LANE, edge=INK, width=1.4)
        name = f"as of {self.as_of}"
        # Set left of the line it names, clear of it.
        self.text(now - len(name) * CHARACTER - 3.6, -1, name, size=9)

    def svg(self, description: str) -> Markup:
        drawn = [
            Markup('<path d="{}" style="{}"/>').format("".join(paths), style) for style, paths in self._outlines.items()
        ]
        hatch = _HATCH if any("#timeline-hatch" in style for style in self._outlines) else ""
        head = Markup('<svg class="chart timeline" role="img" aria-label="{}" viewBox="0 0 {} {}">').format(
            description, f"{WIDTH:.0f}", f"{self.foot + BELOW:.1f}"
        )
        return Markup("\n").join([head + hatch, *drawn, *self._texts, Markup("</svg>")])

    def _box(self, left: float, right: float, top: float, bottom: float, **style: Any) -> None:
        self.outline(f"M{left:.1f} {top:.1f}H{right:.1f}V{bottom:.1f}H{left:.1f}z", **style)

    def _line(self, x: float, top: float, **style: Any) -> None:
        self.outline(f"M{x:.1f} {top:.1f}V{self.foot:.1f}", **style)


@cache
def _mark(mark: str, radius: float) -> tuple[float, float, str]:
    """Where the outline of a mark starts, from its middle, and how it goes on from there."""
    points = [(x * radius, y * radius) for x, y in _MARKS[mark]]
    steps = (
        f"l{x - before_x:.2f} {y - before_y:.2f}"
        for (before_x, before_y), (x, y) in zip(points, points[1:], strict=False)
    )
    return *points[0], f"{''.join(steps)}z"


def _draw_terms(canvas: _Canvas, lane: int, terms: Sequence[Renewal]) -> None:
    for term in terms:
        # Undecided past its due day, a term runs on.
        until = max(term.due_on, canvas.as_of) if term.outcome == "open" else term.due_on
        if until < canvas.first:
            continue
        start, end = canvas.x(term.term_started_on), canvas.x(until)
        canvas.bar(lane, start, end, fill=SOFT, edge=BLUE)
        name = f"term {term.term_number}"
        if end - start > (len(name) + 2) * CHARACTER:
            canvas.text(start + 5, lane, name)
    for term in terms:
        if canvas.first <= term.due_on <= canvas.last:
            mark, color = _OUTCOMES.get(term.outcome or "", ("ring", MUTED))
            canvas.mark(mark, canvas.x(term.due_on), lane, color, 4.3, 1.6 if mark == "ring" else 0.8)


def _draw_people(canvas: _Canvas, lane: int, spells: Sequence[Assignment], employees: Mapping[str, Employee]) -> None:
    ordered = sorted(spells, key=lambda spell: (spell.started_at, spell.assignment_id))
    for index, spell in enumerate(ordered):
        until = spell.ended_on or canvas.as_of
        if until < canvas.first:
            continue
        start, end = canvas.x(spell.started_on), canvas.x(until)
        canvas.bar(lane, start, end, fill=SOFT if index % 2 == 0 else SOFT_2, edge=MUTED)
        employee = employees.get(spell.employee_id or "")
        fits = int((end - start) / CHARACTER) - 1
        text = printable(employee.full_name or "") if employee else ""
        if fits >= 4 and text:
            short = text if len(text) <= fits else f"{text[: fits - 1].rstrip()}…"
            canvas.text(start + 3, lane, short)
    for spell in ordered:
        until = spell.ended_on or canvas.as_of
        if spell.is_ghost and spell.ghost_days:
            since = canvas.x(until - timedelta(days=spell.ghost_days))
            canvas.bar(lane, since, canvas.x(until), fill="url(#timeline-hatch)", edge=RED, width=1.2)
        if spell.end_cause == "employee_left" and until >= canvas.first:
            canvas.mark("cross", canvas.x(until), lane, RED, 3.6)


def _draw_touches(canvas: _Canvas, lane: int, substance: str, touches: Sequence[Touch]) -> None:
    mark, color = next(style for name, *style in _SUBSTANCES if name == substance)
    for x in sorted({canvas.x(touch.occurred_on) for touch in touches}):
        canvas.mark(mark, x, lane, color, 3.2, 0.3)
    for x in sorted({canvas.x(touch.occurred_on) for touch in touches if touch.is_pulse_check}):
        canvas.mark("ring", x, lane, INK, 5.2, 0.8)


def _draw_incidents(canvas: _Canvas, lane: int, incidents: Sequence[Incident]) -> None:
    for incident in incidents:
        until = incident.resolved_on or canvas.as_of
        if until < canvas.first:
            continue
        start, end = canvas.x(incident.opened_on), canvas.x(until)
        color = RED if incident.is_severe else AMBER
        canvas.bar(lane, start, end, fill=color, edge=color)
        canvas.mark("up" if incident.is_severe else "dot", start, lane, color, 4.0)
        if incident.resolved_at is None:
            canvas.mark("on", end, lane, color, 4.7)


def _draw_surveys(canvas: _Canvas, lane: int, surveys: Sequence[Survey]) -> None:
    for survey in surveys:
        answered_on = survey.responded_on
        if answered_on is None:
            canvas.mark("ring", canvas.x(survey.asked_on or canvas.as_of), lane, MUTED, 3.6, 1.2)
        else:
            mark, color = _SENTIMENTS.get(survey.sentiment or "", ("dot", MUTED))
            canvas.mark(mark, canvas.x(answered_on), lane, color, 4.0)


def _draw_voice(canvas: _Canvas, lane: int, voice: Sequence[Voice]) -> None:
    for heard in voice:
        mark, color = _KINDS_HEARD.get(heard.kind or "", ("cross", MUTED))
        canvas.mark(mark, canvas.x(heard.heard_on), lane, color, 4.0)
