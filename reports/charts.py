"""Charts of the reports as inline SVG: drawn by matplotlib, coloured by the page's style sheet, always the same bytes.

No customer's name goes into a chart; names of employees are cut to what fits the bar they stand on.
"""

from __future__ import annotations

import io
import math
import re
import warnings
from collections.abc import Mapping, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any

import matplotlib
from markupsafe import Markup, escape
from matplotlib.artist import Artist
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.patches import PathPatch
from matplotlib.path import Path

from reports.figures import printable, words
from reports.publication import Assignment, Employee, Incident, Renewal, RetentionMonth, Survey, Touch, Voice
from reports.records import CustomerRecords

# Stand-ins that the style sheet's variables replace after drawing, so that one chart serves light, dark and print.
INK, MUTED, GRID, BAND = "#101011", "#101012", "#101013", "#101014"
BLUE, TEAL, AMBER, RED, SOFT, SOFT_2 = "#101015", "#101016", "#101017", "#101018", "#101019", "#10101a"
_VARIABLES = {
    INK: "--ink",
    MUTED: "--muted",
    GRID: "--grid",
    BAND: "--band",
    BLUE: "--blue",
    TEAL: "--teal",
    AMBER: "--amber",
    RED: "--red",
    SOFT: "--soft",
    SOFT_2: "--soft-2",
}

# Longer lives would leave a day no width; the record tables below the chart go back to the start.
TIMELINE_YEARS = 4

# What a character of the charts' smaller text takes in the widest of the fonts it may be shown in.
INCHES_PER_CHARACTER = 0.078

_SETTINGS = {
    "svg.fonttype": "none",
    "svg.hashsalt": "kept",
    "svg.id": None,
    "text.parse_math": False,
    "font.family": "DejaVu Sans",
    "font.size": 9,
    "hatch.linewidth": 0.8,
    "path.simplify": True,
}

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

# From the bottom of a bar to its top: fill, edge and hatch, so that they differ in print without colours too.
_SEVERITIES = (
    ("critical", RED, BAND, "xxxx"),
    ("high", AMBER, BAND, "////"),
    ("normal", SOFT, BLUE, None),
    ("low", BAND, MUTED, "...."),
)
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


class Charts:
    """Draws on one figure again and again: a new one for each of hundreds of pages costs more than what is on it."""

    def __init__(self) -> None:
        with _settings():
            self._figure = Figure(figsize=(10, 3))
            self._canvas = FigureCanvasSVG(self._figure)
            self._figure.patch.set_visible(False)
            self._axes = self._figure.add_axes((0.0, 0.0, 1.0, 1.0))
            self._axes.set_axis_off()
            self._axes.set_autoscale_on(False)

    def timeline(self, of: CustomerRecords, employees: dict[str, Employee]) -> Markup:
        """Contract terms, people by role, touches by substance and incidents of one customer on one time axis."""
        first, last = _span(of)
        lanes = _lanes(of, first)
        with self._drawing(10.0, 0.27 * (len(lanes) + 2)) as axes:
            canvas = _Canvas(axes, first, last, len(lanes), of.as_of)
            canvas.grid()
            for index, (title, kind, members) in enumerate(lanes):
                canvas.text(-canvas.margin * 0.98, index + 0.5, title, size=9)
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
            canvas.finish()
            return self._svg(
                "timeline",
                f"Timeline from {first} to {last}: {len(of.renewals)} contract terms, {len(of.assignments)} spells of "
                f"people in roles, {len(of.touches)} touches, {len(of.incidents)} incidents, "
                f"{len(of.surveys)} surveys, {len(of.voice)} things heard. "
                "The tables below hold every record.",
            )

    def bridge(self, month: RetentionMonth) -> Markup:
        """ARR a year ago, what was lost, reduced, expanded and newly won since, and ARR now."""
        steps = (
            ("ARR a year ago", month.arr_start, 0),
            ("churned", month.arr_churned, -1),
            ("contracted", month.arr_contracted, -1),
            ("expanded", month.arr_expanded, 1),
            ("new or won back", month.arr_new, 1),
            ("ARR now", month.arr_end, 0),
        )
        with self._drawing(6.4, 2.7) as axes:
            level, tops = 0.0, []
            highest = max(
                (month.arr_start or 0) + (month.arr_expanded or 0) + (month.arr_new or 0), month.arr_end or 0, 1.0
            )
            for index, (title, value, sign) in enumerate(steps):
                amount = value or 0.0
                bottom, top = (0.0, amount) if sign == 0 else sorted((level, level + sign * amount))
                color = MUTED if sign == 0 else TEAL if sign > 0 else RED
                axes.bar(
                    index, top - bottom, 0.62, bottom, color=color, hatch="////" if sign < 0 else None, edgecolor=BAND
                )
                shown = "not known" if value is None else f"{'−' if sign < 0 else '+' if sign > 0 else ''}{value:,.0f}"
                axes.text(index, top + highest * 0.02, shown, ha="center", va="bottom", color=INK)
                axes.text(index, -highest * 0.03, title, ha="center", va="top", color=MUTED)
                level = top if sign >= 0 else bottom
                tops.append(level)
            for index, height in enumerate(tops[:-1]):
                axes.plot([index + 0.31, index + 0.69], [height, height], color=MUTED, linewidth=0.8)
            axes.plot([-0.5, 5.5], [0, 0], color=GRID, linewidth=1)
            axes.set_xlim(-0.6, 5.6)
            axes.set_ylim(-highest * 0.13, highest * 1.12)
            return self._svg("bridge", "Bridge from ARR a year ago to ARR now; the figures stand in the table below.")

    def retention_trend(self, months: Sequence[RetentionMonth]) -> Markup:
        """GRR, NRR and logo retention by month, each line named at its end."""
        lines = (
            ("NRR", [month.nrr for month in months], "-", BLUE),
            ("GRR", [month.grr for month in months], "--", TEAL),
            ("logo", [month.logo_retention for month in months], ":", AMBER),
        )
        known = [value for _, values, _, _ in lines for value in values if value is not None]
        with self._drawing(6.4, 2.7) as axes:
            low, high = min([*known, 0.9]), max([*known, 1.0])
            spread = high - low
            last = max(len(months) - 1, 1)
            for tick in _ticks(low, high):
                axes.plot([0, last], [tick, tick], color=GRID, linewidth=1.6 if tick == 1.0 else 0.8)
                axes.text(-last * 0.01, tick, f"{tick:.0%}", ha="right", va="center", color=MUTED)
            ends: list[float] = []
            for title, values, style, color in lines:
                points = [(index, value) for index, value in enumerate(values) if value is not None]
                if not points:
                    continue
                axes.plot(*zip(*points, strict=True), linestyle=style, color=color, linewidth=2.2)
                end = points[-1][1]
                # Names of lines that end together are set apart.
                while any(abs(end - other) < spread * 0.09 for other in ends):
                    end -= spread * 0.03
                ends.append(end)
                axes.text(points[-1][0] + last * 0.012, end, f"{title} {points[-1][1]:.1%}", va="center", color=INK)
            step = max(1, len(months) // 6)
            for index in range(len(months) - 1, -1, -step):
                name = f"{months[index].month:%Y-%m}"
                axes.text(index, low - spread * 0.08, name, ha="center", va="top", color=MUTED)
            axes.set_xlim(-last * 0.09, last * 1.17)
            axes.set_ylim(low - spread * 0.2, high + spread * 0.06)
            return self._svg("trend", "NRR, GRR and logo retention by month; the figures stand in the table below.")

    def quality_by_month(self, months: Sequence[tuple[date, Mapping[Any, int], float | None]]) -> Markup:
        """Incidents opened by month, stacked by severity, and above them the share of promises kept, where any was due.

        A month is its first day, its incidents by severity, and that share.
        """
        with self._drawing(10.0, 3.2) as axes:
            highest = max([sum(opened.values()) for _, opened, _ in months] + [1])
            count, floor, ceiling = len(months), highest * 1.25, highest * 1.8
            for index, (_, opened, _) in enumerate(months):
                bottom = 0
                for severity, color, edge, hatch in _SEVERITIES:
                    height = opened[severity]
                    if height:
                        axes.bar(index, height, 0.74, bottom, color=color, edgecolor=edge, linewidth=0.8, hatch=hatch)
                    bottom += height
                if bottom:
                    axes.text(index, bottom + highest * 0.02, str(bottom), ha="center", va="bottom", color=INK)
            for share in (0.0, 0.5, 1.0):
                y = floor + share * (ceiling - floor)
                axes.plot([-0.5, count - 0.5], [y, y], color=GRID, linewidth=0.8)
                axes.text(-0.7, y, f"{share:.0%}", ha="right", va="center", color=MUTED)
            kept = [
                (index, floor + share * (ceiling - floor))
                for index, (_, _, share) in enumerate(months)
                if share is not None
            ]
            if kept:
                axes.plot(*zip(*kept, strict=True), color=BLUE, linewidth=2.2, marker="o", markersize=4)
                last = (kept[-1][1] - floor) / (ceiling - floor)
                axes.text(count - 0.3, kept[-1][1], f"{last:.0%} kept", va="center", color=INK)
            axes.plot([-0.5, count - 0.5], [0, 0], color=GRID, linewidth=1)
            for order, (severity, color, edge, hatch) in enumerate(_SEVERITIES):
                y = highest * (0.12 + 0.2 * order)
                axes.bar(count + 0.05, highest * 0.12, 0.6, y, color=color, edgecolor=edge, linewidth=0.8, hatch=hatch)
                axes.text(count + 0.55, y + highest * 0.06, severity, va="center", color=INK)
            axes.text(-1.9, (floor + ceiling) / 2, "promises", ha="right", va="center", color=MUTED)
            axes.text(-0.7, highest * 0.5, "incidents", ha="right", va="center", color=MUTED)
            for index in range(count - 1, -1, -3):
                name = f"{months[index][0]:%Y-%m}"
                axes.text(index, -highest * 0.05, name, ha="center", va="top", color=MUTED)
            axes.set_xlim(-3.8, count + 2.5)
            axes.set_ylim(-highest * 0.2, highest * 1.92)
            return self._svg(
                "months",
                "Incidents opened by month and severity, and the share of promises kept; "
                "the figures stand in the table below.",
            )

    @contextmanager
    def _drawing(self, width: float, height: float) -> Any:
        with _settings(), warnings.catch_warnings():
            # The browser draws the text, with fonts of its own: what the measuring font lacks does not matter.
            warnings.filterwarnings("ignore", message="Glyph .* missing from font", category=UserWarning)
            warnings.filterwarnings("ignore", message="Matplotlib currently does not support", category=UserWarning)
            self._figure.set_size_inches(width, height)
            try:
                yield self._axes
            finally:
                for artist in [*self._axes.lines, *self._axes.texts, *self._axes.patches, *self._axes.artists]:
                    artist.remove()
                self._axes.containers.clear()

    def _svg(self, kind: str, description: str) -> Markup:
        buffer = io.StringIO()
        self._figure.savefig(
            buffer, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None}
        )
        return _inline(buffer.getvalue(), kind, description)


def _settings() -> Any:
    return matplotlib.rc_context(_SETTINGS)


def _inline(svg: str, kind: str, description: str) -> Markup:
    """The drawing as an element of a page: no prologue, no ids but those referred to, the page's colours and font."""
    svg = re.sub(r"<\?xml.*?\?>|<!DOCTYPE.*?>|<metadata>.*?</metadata>|<!--.*?-->", "", svg, flags=re.DOTALL)
    referred = set(re.findall(r'(?:href="#|url\(#)([^")]+)', svg))

    def adapt(tag: re.Match[str]) -> str:
        text = re.sub(r' id="([^"]+)"', lambda id_: f' id="{kind}-{id_[1]}"' if id_[1] in referred else "", tag[0])
        text = re.sub(r'(href="#|url\(#)', rf"\g<1>{kind}-", text)
        text = re.sub("|".join(_VARIABLES), lambda color: f"var({_VARIABLES[color[0]]})", text)
        # Hundredths of a point are finer than any screen.
        text = re.sub(r"(?<=\.\d\d)\d+", "", text)
        return re.sub(r"'DejaVu Sans'[^;\"]*", "var(--font)", text)

    # Only within tags: between them stands text, names among it, where matplotlib has escaped every bracket.
    svg = re.sub(r"<[^>]*>", adapt, svg)
    box = re.search(r'viewBox="([^"]+)"', svg)
    body = svg[svg.index(">", svg.index("<svg")) + 1 :]
    head = Markup('<svg class="chart {}" role="img" aria-label="{}" viewBox="{}">').format(
        kind, description, box[1] if box else ""
    )
    return head + Markup(re.sub(r"\s*\n\s*", "\n", body).strip())


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


class _Label(Artist):
    """Text that starts at a point of the axes. It is never measured: that costs more than the rest of a timeline."""

    zorder = 3

    def __init__(self, x: float, y: float, text: str, size: float, color: str) -> None:
        super().__init__()
        self._point, self._text, self._color = (x, y), text, color
        self._font = FontProperties(family="DejaVu Sans", size=size)

    def draw(self, renderer: Any) -> None:
        context = renderer.new_gc()
        context.set_foreground(self._color)
        x, y = self.get_transform().transform(self._point)
        # Vector drawings count from the top.
        renderer.draw_text(context, x, renderer.height - y, self._text, self._font, 0, ismath=False)
        context.restore()


class _Canvas:
    """The timeline's axes: collects outlines by style and draws each style as one path, which makes it cheap."""

    def __init__(self, axes: Any, first: date, last: date, lanes: int, as_of: date) -> None:
        self.first, self.last, self.as_of, self.lanes = first, last, as_of, lanes
        self.width = (last - first).days
        # A left margin for the lanes' names, in days.
        self.margin = self.width * 0.17
        self._axes = axes
        self._outlines: dict[tuple[str, str, float, str | None], list[list[tuple[float, float]]]] = {}
        axes.set_xlim(-self.margin, self.width * 1.01)
        axes.set_ylim(lanes + 0.9, -1.1)
        self.days_per_inch = self.width * 1.18 / 10.0
        self._lanes_per_inch = 1 / 0.27

    def x(self, day: date) -> int:
        return (min(max(day, self.first), self.last) - self.first).days

    def text(self, x: float, y: float, text: str, size: float = 8, color: str = INK) -> None:
        # The baseline lies below the middle of the letters; a lane is 0.27 inch high, an inch 72 points.
        self._axes.add_artist(_Label(x, y + 0.36 * size / 72 / 0.27, text, size, color))

    def outline(
        self,
        points: list[tuple[float, float]],
        fill: str = "none",
        edge: str = "none",
        width: float = 0.8,
        hatch: str | None = None,
    ) -> None:
        self._outlines.setdefault((fill, edge, width, hatch), []).append(points)

    def bar(self, lane: int, start: int, end: int, **style: Any) -> None:
        left, right, top, bottom = float(start), float(max(end, start + 1)), lane + 0.14, lane + 0.86
        self.outline([(left, top), (right, top), (right, bottom), (left, bottom)], **style)

    def mark(self, mark: str, x: float, lane: int, color: str, inches: float = 0.045, width: float = 0.6) -> None:
        across, down = inches * self.days_per_inch, inches * self._lanes_per_inch
        points = [(x + dx * across, lane + 0.5 + dy * down) for dx, dy in _MARKS[mark]]
        self.outline(points, *(("none", color) if mark == "ring" else (color, INK)), width=width)

    def grid(self) -> None:
        for lane in range(0, self.lanes, 2):
            self.outline([(0, lane), (self.width, lane), (self.width, lane + 1), (0, lane + 1)], fill=BAND)
        months = next(months for months in (1, 3, 6, 12) if self.width / 30.4 / months <= 9 or months == 12)
        day = date(self.first.year, 1, 1)
        while day <= self.last:
            # A name needs room to its right.
            if self.first <= day and self.x(day) < self.width * 0.96:
                self.outline([(self.x(day), 0), (self.x(day), self.lanes)], edge=GRID)
                self.text(self.x(day), self.lanes + 0.45, f"{day:%Y-%m}", color=MUTED)
            month = day.month - 1 + months
            day = date(day.year + month // 12, month % 12 + 1, 1)

    def finish(self) -> None:
        now = self.x(self.as_of)
        self.outline([(now, -0.15), (now, self.lanes)], edge=INK, width=1.4)
        name = f"as of {self.as_of}"
        # Set left of the line it names, clear of it.
        self.text(now - (len(name) * INCHES_PER_CHARACTER + 0.05) * self.days_per_inch, -0.5, name, size=9)
        for order, ((fill, edge, width, hatch), outlines) in enumerate(self._outlines.items()):
            vertices: list[tuple[float, float]] = []
            codes: list[Any] = []
            for points in outlines:
                vertices += [*points, points[0]]
                codes += [Path.MOVETO, *[Path.LINETO] * (len(points) - 1), Path.CLOSEPOLY]
            self._axes.add_artist(
                PathPatch(
                    Path(vertices, codes),
                    facecolor=fill,
                    edgecolor=edge,
                    linewidth=width if edge != "none" else 0,
                    hatch=hatch,
                    zorder=1 + order / 100,
                    clip_on=False,
                )
            )


def _draw_terms(canvas: _Canvas, lane: int, terms: Sequence[Renewal]) -> None:
    for term in terms:
        # Undecided past its due day, a term runs on.
        until = max(term.due_on, canvas.as_of) if term.outcome == "open" else term.due_on
        if until < canvas.first:
            continue
        start, end = canvas.x(term.term_started_on), canvas.x(until)
        canvas.bar(lane, start, end, fill=SOFT, edge=BLUE)
        if end - start > canvas.width * 0.08:
            canvas.text(start + canvas.width * 0.008, lane + 0.52, f"term {term.term_number}")
    for term in terms:
        if canvas.first <= term.due_on <= canvas.last:
            mark, color = _OUTCOMES.get(term.outcome or "", ("ring", MUTED))
            canvas.mark(mark, canvas.x(term.due_on), lane, color, 0.06, 1.6 if mark == "ring" else 0.8)


def _draw_people(canvas: _Canvas, lane: int, spells: Sequence[Assignment], employees: dict[str, Employee]) -> None:
    ordered = sorted(spells, key=lambda spell: (spell.started_at, spell.assignment_id))
    for index, spell in enumerate(ordered):
        until = spell.ended_on or canvas.as_of
        if until < canvas.first:
            continue
        start, end = canvas.x(spell.started_on), canvas.x(until)
        canvas.bar(lane, start, end, fill=SOFT if index % 2 == 0 else SOFT_2, edge=MUTED)
        employee = employees.get(spell.employee_id or "")
        fits = int((end - start) / canvas.days_per_inch / INCHES_PER_CHARACTER) - 1
        text = printable(employee.full_name or "") if employee else ""
        if fits >= 4 and text:
            short = text if len(text) <= fits else f"{text[: fits - 1].rstrip()}…"
            canvas.text(start + canvas.width * 0.005, lane + 0.52, short)
    for spell in ordered:
        end = canvas.x(spell.ended_on or canvas.as_of)
        if spell.is_ghost and spell.ghost_days:
            canvas.bar(lane, max(0, end - spell.ghost_days), end, edge=RED, width=1.2, hatch="xxxx")
        if spell.end_cause == "employee_left" and (spell.ended_on or canvas.as_of) >= canvas.first:
            canvas.mark("cross", end, lane, RED, 0.05)


def _draw_touches(canvas: _Canvas, lane: int, substance: str, touches: Sequence[Touch]) -> None:
    mark, color = next(style for name, *style in _SUBSTANCES if name == substance)
    for x in sorted({canvas.x(touch.occurred_on) for touch in touches}):
        canvas.mark(mark, x, lane, color, width=0.3)
    for x in sorted({canvas.x(touch.occurred_on) for touch in touches if touch.is_pulse_check}):
        canvas.mark("ring", x, lane, INK, 0.072, 0.8)


def _draw_incidents(canvas: _Canvas, lane: int, incidents: Sequence[Incident]) -> None:
    for incident in incidents:
        until = incident.resolved_on or canvas.as_of
        if until < canvas.first:
            continue
        start, end = canvas.x(incident.opened_on), canvas.x(until)
        color = RED if incident.is_severe else AMBER
        canvas.bar(lane, start, end, fill=color, edge=color)
        canvas.mark("up" if incident.is_severe else "dot", start, lane, color, 0.055)
        if incident.resolved_at is None:
            canvas.mark("on", end, lane, color, 0.065)


def _draw_surveys(canvas: _Canvas, lane: int, surveys: Sequence[Survey]) -> None:
    for survey in surveys:
        answered_on = survey.responded_on
        if answered_on is None:
            canvas.mark("ring", canvas.x(survey.asked_on or canvas.as_of), lane, MUTED, 0.05, 1.2)
        else:
            mark, color = _SENTIMENTS.get(survey.sentiment or "", ("dot", MUTED))
            canvas.mark(mark, canvas.x(answered_on), lane, color, 0.055)


def _draw_voice(canvas: _Canvas, lane: int, voice: Sequence[Voice]) -> None:
    for heard in voice:
        mark, color = _KINDS_HEARD.get(heard.kind or "", ("cross", MUTED))
        canvas.mark(mark, canvas.x(heard.heard_on), lane, color, 0.055)


def _ticks(low: float, high: float) -> list[float]:
    step = next(size for size in (0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 10.0, 100.0, 1e9) if (high - low) / size <= 6)
    first = int(low / step)
    return [round(index * step, 4) for index in range(first, int(high / step) + 2) if low <= index * step <= high]


def legend() -> Markup:
    """The signs of the timeline in words."""
    return escape(
        "Contract: ○ undecided, ● renewed, ▲ expanded, ▼ contracted, ✖ churned, at the due day. "
        "People: ✖ left the company, hatched: the CRM still names somebody who has left. "
        "Touches by substance: ◉ pulse check. Incidents: ▲ severe, ▶ still open. "
        "Surveys: ▲ positive, ● neutral, ▼ negative, ○ not answered. "
        "Heard: ▲ warning, ▼ aversion, ● expectation, ■ preference, ◆ opportunity."
    )
