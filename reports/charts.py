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

from reports.figures import words
from reports.publication import Backtest, DriverRate, RetentionMonth, SurvivalTerm

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

    def renewals_due(
        self,
        overdue: tuple[float, int],
        months: Sequence[tuple[date, float, int, int, float | None]],
    ) -> Markup:
        """ARR due by month with the number of renewals, the loss expected of it, and apart from them what is past due.

        Past due is its ARR and how many; a month its first day, ARR due, renewals, notice days in it, expected loss.
        """
        with self._drawing(10.0, 3.0) as axes:
            highest = max([overdue[0], *(arr for _, arr, *_ in months), 1.0])
            bars = [
                (float(index), arr, count, loss, f"{month:%Y-%m}")
                for index, (month, arr, count, _, loss) in enumerate(months)
            ]
            for x, arr, count, loss, name in [(-1.6, *overdue, None, "past due"), *bars]:
                fill, edge, hatch = (RED, BAND, "xxxx") if x < 0 else (SOFT, BLUE, None)
                axes.bar(x, arr, 0.74, color=fill, edgecolor=edge, linewidth=0.8, hatch=hatch)
                if loss:
                    axes.bar(x, loss, 0.74, color=AMBER, edgecolor=BAND, linewidth=0.8, hatch="////")
                if count:
                    axes.text(x, arr + highest * 0.02, str(count), ha="center", va="bottom", color=INK)
                axes.text(x, -highest * 0.04, name, ha="center", va="top", color=MUTED)
            for index, (*_, notices, _) in enumerate(months):
                if notices:
                    axes.plot([index - 0.14], [-highest * 0.19], marker="D", markersize=4, color=INK)
                    axes.text(index + 0.04, -highest * 0.19, str(notices), va="center", color=INK)
            axes.text(-2.1, -highest * 0.19, "notice days", ha="left", va="center", color=MUTED)
            for tick in _round_ticks(highest):
                axes.plot([-2.1, len(months) - 0.5], [tick, tick], color=GRID, linewidth=0.8, zorder=0)
                axes.text(-2.2, tick, f"{tick:,.0f}", ha="right", va="center", color=MUTED)
            axes.set_xlim(-3.5, len(months) - 0.4)
            axes.set_ylim(-highest * 0.27, highest * 1.14)
            return self._svg("calendar", "ARR due by month of the due day; the figures stand in the table below.")

    def rates(self, ranges: Sequence[tuple[str, DriverRate]], rate_of_all: float, of: str) -> Markup:
        """Named renewal rates with their 95 % intervals beside the rate of all, filled where that lies outside.

        `of` what they are tells two such charts of one page apart.
        """
        with self._drawing(8.0, 0.235 * (len(ranges) + 2.4)) as axes:
            count = len(ranges)
            low = min([rate.rate_low for _, rate in ranges] + [rate_of_all]) - 0.01
            for row in range(0, count, 2):
                axes.fill([low - 2, 3, 3, low - 2], [row, row, row + 1, row + 1], color=BAND, linewidth=0)
            for tick in _ticks(low, 1.0):
                axes.plot([tick, tick], [0, count], color=GRID, linewidth=0.8)
                axes.text(tick, count + 0.3, f"{tick:.0%}", ha="center", va="top", color=MUTED)
            axes.plot([rate_of_all, rate_of_all], [-0.1, count], color=INK, linewidth=1.2, linestyle="--")
            axes.text(rate_of_all, -0.3, f"all {rate_of_all:.1%}", ha="center", va="bottom", color=INK)
            spread = 1.0 - low
            for row, (name, rate) in enumerate(ranges):
                y = row + 0.5
                differs = rate.differs_from_all
                mark, color = ("o", MUTED) if not differs else ("v", RED) if rate.rate < rate_of_all else ("^", TEAL)
                axes.plot([rate.rate_low, rate.rate_high], [y, y], color=color, linewidth=2.2 if differs else 1.0)
                fill = color if differs else "none"
                axes.plot([rate.rate], [y], marker=mark, markersize=6, color=color, markerfacecolor=fill)
                axes.text(low - spread * 0.03, y, name, ha="right", va="center", color=INK)
                axes.text(1.0 + spread * 0.03, y, f"{rate.rate:.1%} of {rate.n:,}", va="center", color=INK)
            axes.set_xlim(low - spread * 0.62, 1.0 + spread * 0.3)
            axes.set_ylim(count + 1.2, -1.2)
            return self._svg(
                "rates",
                "Renewal rates with their intervals beside the rate of all; the figures stand in the table below.",
                of,
            )

    def survival(self, terms: Sequence[SurvivalTerm]) -> Markup:
        """Of a hundred new contracts, how many live through each of their terms, with the 95 % interval."""
        with self._drawing(6.4, 2.9) as axes:
            known = [term for term in terms if term.survival is not None]
            level_at = {term.term_number: term.survival for term in terms if term.survival is not None}
            low = min(
                [*level_at.values(), *(term.survival_low for term in known if term.survival_low is not None), 0.8]
            )
            spread, last = 1.0 - low, max(level_at)
            for tick in _ticks(low, 1.0):
                axes.plot([0, last + 0.4], [tick, tick], color=GRID, linewidth=0.8)
                axes.text(-last * 0.02, tick, f"{tick:.0%}", ha="right", va="center", color=MUTED)
            steps, level = [(0.0, 1.0)], 1.0
            for number, after in level_at.items():
                steps += [(number, level), (number, after)]
                level = after
            axes.plot(*zip(*steps, (last + 0.4, level), strict=True), color=BLUE, linewidth=2.2)
            for term in known:
                x = term.term_number
                if term.survival_low is not None:
                    axes.plot([x, x], [term.survival_low, term.survival_high], color=INK, linewidth=1.2)
                    for bound in (term.survival_low, term.survival_high):
                        axes.plot([x - last * 0.012, x + last * 0.012], [bound, bound], color=INK, linewidth=1.2)
                axes.plot([x], [level_at[x]], marker="o", markersize=5, color=BLUE)
                axes.text(x + last * 0.03, level_at[x] + spread * 0.03, f"{level_at[x]:.1%}", va="bottom", color=INK)
                axes.text(x, low - spread * 0.07, f"term {x}", ha="center", va="top", color=INK)
                lost = f"{term.lost:,} of {term.due:,} lost"
                axes.text(x, low - spread * 0.17, lost, ha="center", va="top", color=MUTED)
            axes.set_xlim(-last * 0.1, last + 0.5)
            axes.set_ylim(low - spread * 0.28, 1.0 + spread * 0.09)
            return self._svg("survival", "Share of contracts alive by term; the figures stand in the table below.")

    def foretold(self, segments: Sequence[Backtest]) -> Markup:
        """Of the renewals of each segment the share foretold to churn beside the share that did."""
        with self._drawing(6.4, 0.3 * (len(segments) + 2.4)) as axes:
            shares = [
                (of.segment, (of.forecast_churned_expected or 0.0) / of.forecasts, of.forecast_churned / of.forecasts)
                for of in segments
            ]
            highest = max([max(expected, came) for _, expected, came in shares] + [0.05]) * 1.1
            for tick in _ticks(0.0, highest):
                axes.plot([tick, tick], [0, len(shares)], color=GRID, linewidth=0.8)
                axes.text(tick, len(shares) + 0.2, f"{tick:.0%}", ha="center", va="top", color=MUTED)
            for row, (segment, expected, came) in enumerate(shares):
                y = row + 0.5
                axes.plot([expected, came], [y, y], color=MUTED, linewidth=1.2)
                axes.plot([expected], [y], marker="D", markersize=6, color=BLUE, markerfacecolor="none")
                axes.plot([came], [y], marker="o", markersize=6, color=RED)
                axes.text(-highest * 0.03, y, words(segment), ha="right", va="center", color=INK)
            axes.text(0, -0.3, "◇ foretold   ● churned", ha="left", va="bottom", color=INK)
            axes.set_xlim(-highest * 0.35, highest * 1.05)
            axes.set_ylim(len(shares) + 1.1, -1.1)
            return self._svg(
                "foretold", "Share foretold to churn and share that did; the figures stand in the table below."
            )

    def care(
        self, segments: Sequence[str], measures: Sequence[tuple[str, float | None, Sequence[tuple[float | None, str]]]]
    ) -> Markup:
        """A row of bars for each segment, one a measure: its title, the most it can be, and of each segment its value.

        Beside a value stand its words; where there is no most, the longest bar is the highest value.
        """
        with self._drawing(9.0, 0.42 * (len(segments) + 1.2)) as axes:
            for row, segment in enumerate(segments):
                axes.text(-0.08, row + 0.5, segment, ha="right", va="center", color=INK, fontsize=10)
            for column, (title, most, values) in enumerate(measures):
                left = column * 1.3
                highest = most or max([value for value, _ in values if value is not None], default=1.0) or 1.0
                axes.plot([left, left], [0, len(segments)], color=MUTED, linewidth=1)
                axes.text(left, -0.2, title, ha="left", va="bottom", color=MUTED)
                for row, (value, shown) in enumerate(values):
                    length = 0.78 * (value or 0.0) / highest
                    if most and value is not None:
                        axes.barh(row + 0.5, 0.78, 0.56, left=left, color=BAND, edgecolor=GRID, linewidth=0.8)
                    axes.barh(row + 0.5, length, 0.56, left=left, color=SOFT, edgecolor=BLUE, linewidth=0.8)
                    color = MUTED if value is None else INK
                    end = 0.78 if most and value is not None else length
                    axes.text(left + end + 0.04, row + 0.5, shown, va="center", color=color, fontsize=10)
            axes.set_xlim(-1.0, len(measures) * 1.3)
            axes.set_ylim(len(segments) + 0.15, -1.0)
            return self._svg("care", "Each measure by segment; the figures stand in the table below.")

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

    def _svg(self, kind: str, description: str, of: str | None = None) -> Markup:
        buffer = io.StringIO()
        self._figure.savefig(
            buffer, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None}
        )
        return _inline(buffer.getvalue(), kind, description, of or kind)


def _settings() -> Any:
    return matplotlib.rc_context(_SETTINGS)


def _inline(svg: str, kind: str, description: str, of: str) -> Markup:
    """The drawing as an element of a page: no prologue, no ids but those referred to, the page's colours and font."""
    svg = re.sub(r"<\?xml.*?\?>|<!DOCTYPE.*?>|<metadata>.*?</metadata>|<!--.*?-->", "", svg, flags=re.DOTALL)
    referred = set(re.findall(r'(?:href="#|url\(#)([^")]+)', svg))

    def adapt(tag: re.Match[str]) -> str:
        text = re.sub(r' id="([^"]+)"', lambda id_: f' id="{of}-{id_[1]}"' if id_[1] in referred else "", tag[0])
        text = re.sub(r'(href="#|url\(#)', rf"\g<1>{of}-", text)
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


def _round_ticks(highest: float) -> list[float]:
    """A few round amounts up to the highest."""
    step = 10.0 ** (len(str(int(highest))) - 1)
    step = next(step * part for part in (0.1, 0.2, 0.5, 1.0, 2.0) if highest / (step * part) <= 5)
    return [step * index for index in range(int(highest / step) + 1)]


def _ticks(low: float, high: float) -> list[float]:
    step = next(size for size in (0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 10.0, 100.0, 1e9) if (high - low) / size <= 6)
    first = int(low / step)
    return [round(index * step, 4) for index in range(first, int(high / step) + 2) if low <= index * step <= high]
