"""The letter with which a report reaches its reader: what to do today, what else, what changed, and where the rest is.

It is written for mail programs: tables, styles on the elements, one picture that travels with it, nothing fetched.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import css_inline
from markupsafe import Markup
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from reports import figures
from reports.portfolio import Band, ToAct
from reports.render import Rendered

# More does not fit on one screen.
ACTIONS = 5
NAMED = 3
SUBJECT_LENGTH = 150
# What is longer is a text that somebody else wrote; the page has all of it.
TEXT_LENGTH = 400

# Dark enough for white words; what is not known is hatched, since grey alone says little.
_COLOURS = {"at_risk": "#a8261c", "watch": "#8f5a00", "healthy": "#0b6b5b", "unknown": "#5c6875"}
_WIDTH, _HEIGHT = 5.8, 0.5


@dataclass(frozen=True)
class Letter:
    """One letter in the parts that a mail is made of; `html` names the picture as `cid:<picture_id>`."""

    subject: str
    html: str
    text: str
    picture: bytes
    picture_id: str = "bands@kept"


def write_letter(rendered: Rendered, reader: str, report: str, *, is_link: bool) -> Letter:
    """The letter about a rendered report; `report` is the address of its first page, or the attached file's name."""
    portfolio, changes = rendered.portfolio, rendered.changes
    pressing = portfolio.first
    others = [one for one in portfolio.act_now if one is not pressing][: ACTIONS - 1]
    bands = [band for band in portfolio.bands if band.count]
    context: dict[str, Any] = {
        "page": portfolio,
        "trust": rendered.trust,
        "changes": changes,
        "reader": plain(reader),
        "pressing": pressing,
        "others": others,
        "report": report,
        "is_link": is_link,
        "folder": report.rsplit("/", 1)[0] + "/" if is_link else "",
        "bands": bands,
        "picture": f"cid:{Letter.picture_id}",
        "width": round(_WIDTH * 100),
        "NAMED": NAMED,
        "plain": plain,
    }
    html = rendered.environment.get_template("letter.html").render(context)
    text = rendered.environment.overlay(autoescape=False).get_template("letter.txt").render(context)
    inliner = css_inline.CSSInliner(load_remote_stylesheets=False, keep_style_tags=False)
    return Letter(_subject(rendered, pressing), inliner.inline(html), text.strip() + "\n", _picture(bands))


def plain(text: Any) -> str:
    """A text or marked-up value as one line of words, not too long, without characters that turn or break it."""
    words = text.striptags() if isinstance(text, Markup) else str(text)
    line = " ".join(figures.printable(" ".join(words.split())).split())
    return line if len(line) <= TEXT_LENGTH else f"{line[: TEXT_LENGTH - 1].rstrip()}…"


def _subject(rendered: Rendered, pressing: ToAct | None) -> str:
    changes, parts = rendered.changes, []
    if pressing:
        customer = pressing.line.customer
        parts.append(f"{plain(figures.name(customer.customer_name, customer.customer_id))} first")
    if changes.lost:
        parts.append(f"{len(changes.lost)} lost")
    if changes.worse:
        parts.append(f"{len(changes.worse)} got worse")
    return f"Retention {rendered.portfolio.as_of}: {', '.join(parts) or 'nothing to act upon'}"[:SUBJECT_LENGTH]


def _picture(bands: Sequence[Band]) -> bytes:
    """ARR by health band as one bar in a PNG; its words stand in the letter too."""
    figure = Figure(figsize=(_WIDTH, _HEIGHT), dpi=200, facecolor="white")
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    total = sum(band.arr for band in bands)
    axes.set_xlim(0, total or 1)
    left = 0.0
    for band in bands:
        hatch = "///" if band.band == "unknown" else None
        axes.barh(0, band.arr, left=left, height=1, color=_COLOURS[band.band], edgecolor="white", hatch=hatch)
        share = band.arr / total if total else 0
        if share > 0.12:
            words = f"{figures.words(band.band)} {share:.0%}"
            axes.text(left + band.arr / 2, 0, words, color="white", ha="center", va="center", fontsize=9)
        left += band.arr
    axes.set_ylim(-0.5, 0.5)
    drawn = io.BytesIO()
    figure.savefig(drawn, format="png", metadata={"Software": None})
    return drawn.getvalue()
