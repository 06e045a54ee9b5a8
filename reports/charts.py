"""Charts of the reports as inline SVG: drawn by matplotlib, coloured by the page's style sheet, always the same bytes.

No name goes into a chart. The one that stands on every customer's page is in timeline.py.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Any

import matplotlib
from markupsafe import Markup
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from reports.publication import RetentionMonth

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

# From the bottom of a bar to its top: fill, edge and hatch, so that they differ in print without colours too.
_SEVERITIES = (
    ("critical", RED, BAND, "xxxx"),
    ("high", AMBER, BAND, "////"),
    ("normal", SOFT, BLUE, None),
    ("low", BAND, MUTED, "...."),
)


class Charts:
    """Draws on one figure again and again: a new one costs more than what is on it."""

    def __init__(self) -> None:
        with _settings():
            self._figure = Figure(figsize=(10, 3))
            self._canvas = FigureCanvasSVG(self._figure)
            self._figure.patch.set_visible(False)
            self._axes = self._figure.add_axes((0.0, 0.0, 1.0, 1.0))
            self._axes.set_axis_off()
            self._axes.set_autoscale_on(False)

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


def _ticks(low: float, high: float) -> list[float]:
    step = next(size for size in (0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 10.0, 100.0, 1e9) if (high - low) / size <= 6)
    first = int(low / step)
    return [round(index * step, 4) for index in range(first, int(high / step) + 2) if low <= index * step <= high]
