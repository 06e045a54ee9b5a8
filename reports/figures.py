"""How a value becomes HTML: figures carry their exact value, what is not known says so, names stay inert and short."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime
from functools import lru_cache
from hashlib import sha256
from typing import Any

from markupsafe import Markup, escape

NOT_KNOWN = Markup('<span class="unknown">not known</span>')

# Longer names would push everything else off the page; the whole name stays in the title.
NAME_LENGTH = 60

# Enough of what a customer wrote to know what it was about; the rest stands in the record.
QUOTE_LENGTH = 240


def figure(value: Any, unit: str = "plain", currency: str = "") -> Markup:
    """A value for reading, with the exact one in the `data` element; null is "not known", never 0 and never a blank."""
    if value is None:
        return NOT_KNOWN
    if isinstance(value, bool):
        return Markup(f'<data value="{str(value).lower()}">{"yes" if value else "no"}</data>')
    if isinstance(value, date):
        return day(value)
    if isinstance(value, int | float):
        prefix = f"{escape(currency)}\u00a0" if currency and unit == "money" else ""
        return Markup(f'<data value="{value!r}">{prefix}{_number(value, unit)}</data>')
    return escape(value)


def _number(value: float, unit: str) -> str:
    if unit == "share":
        return f"{value:.0%}" if round(value * 100, 1) in (0.0, 100.0) else f"{value:.1%}"
    if unit == "ratio":
        return f"{value:,.2f}"
    if unit == "decimal":
        return f"{value:,.1f}"
    return f"{value:,.0f}"


def day(value: date | datetime | None) -> Markup:
    """A day as ISO writes it, so that no reader takes the month for the day."""
    if value is None:
        return NOT_KNOWN
    iso = value.isoformat()[:10]
    return Markup(f'<time datetime="{iso}">{iso}</time>')


def instant(value: datetime | None) -> Markup:
    """A UTC instant to the minute."""
    if value is None:
        return NOT_KNOWN
    return Markup(f'<time datetime="{value:%Y-%m-%dT%H:%M:%S}Z">{value:%Y-%m-%d %H:%M} UTC</time>')


def days_from(value: date | None, as_of: date) -> str:
    """A day as days from the as-of day in words: "in 12 days", "today", "8 days ago"."""
    if value is None:
        return "not known"
    days = (value - as_of).days
    if days == 0:
        return "today"
    number = f"{abs(days):,} day{'s' if abs(days) != 1 else ''}"
    return f"in {number}" if days > 0 else f"{number} ago"


@lru_cache(maxsize=4096)
def coded(code: str | None) -> Markup:
    """A code of the mart in words, for a page."""
    return NOT_KNOWN if code is None else escape(words(code))


def words(code: str) -> str:
    """A code of the mart in words: `employee_left` is "left the company"."""
    return _WORDS.get(code, code.replace("_", " "))


_WORDS = {
    "employee_left": "left the company",
    "internal_move": "moved inside the company",
    "reassignment": "reassigned",
    "csm": "CSM",
    "nps": "NPS",
    "csat": "CSAT",
    "ces": "CES",
    "open": "undecided",
    "at_risk": "at risk",
    "broken_promise": "a broken promise",
    "overdue_renewal": "an overdue renewal",
    "notice": "the notice day",
    "renewal": "the renewal",
}


@lru_cache(maxsize=65536)
def name(value: str | None, fallback: str, length: int = NAME_LENGTH) -> Markup:
    """A name somebody typed: isolated from the text around it, shortened, and never empty."""
    text = printable(value or "").strip()
    if not text:
        return Markup('<span class="unknown">no name</span> ({})').format(fallback)
    return _isolated(text, length)


def quote(value: str | None) -> Markup:
    """What somebody at the customer said or wrote: isolated, shortened, and empty where there is nothing."""
    text = printable(" ".join((value or "").split()))
    return Markup("<q>{}</q>").format(_isolated(text, QUOTE_LENGTH)) if text else Markup("")


def _isolated(text: str, length: int) -> Markup:
    if len(text) <= length:
        return Markup("<bdi>{}</bdi>").format(text)
    return Markup('<bdi title="{}">{}…</bdi>').format(text[: 5 * length], text[: length - 1].rstrip())


def printable(text: str) -> str:
    """Text without control and direction-changing characters, which could reorder or hide what stands beside them."""
    return "".join(
        character
        for character in text
        if unicodedata.category(character) not in ("Cc", "Cs") and character not in "\u202a\u202b\u202c\u202d\u202e"
    )


def source_link(url: str | None, text: str) -> Markup:
    """A link to the vendor's record, where the address is a web address; anything else stays text."""
    if url and _WEB_ADDRESS.fullmatch(url):
        return Markup(f'<a href="{escape(url)}" rel="noopener noreferrer">{escape(text)}</a>')
    return escape(text)


_WEB_ADDRESS = re.compile(r"https?://[^\s]+")


@lru_cache(maxsize=65536)
def file_name(customer_id: str) -> str:
    """The page of a customer: one name per id on every file system, whatever characters the id holds."""
    safe = _UNSAFE.sub(lambda character: _escaped(character[0]), customer_id)
    # File systems end names at 255 bytes. "_h" cannot come from escaping: h is no hexadecimal digit.
    if len(safe) > 120:
        safe = f"{safe[:80]}_h{sha256(customer_id.encode('utf-8', 'surrogatepass')).hexdigest()[:24]}"
    return f"{safe}.html"


_UNSAFE = re.compile("[^a-z0-9]")


def _escaped(character: str) -> str:
    if character == ":":
        return "-"
    return "".join(f"_{byte:02x}" for byte in character.encode("utf-8", "surrogatepass"))


def anchor(record_id: str, kind: str) -> str:
    """The place of a record on its customer's page; ids of two kinds of record may be the same."""
    return f"{kind}-{file_name(record_id).removesuffix('.html')}"
