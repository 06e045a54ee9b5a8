"""Words of a text and what they make of a touch: the phrases that MAPPING.md ships, word for word."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from functools import cache

ADMINISTRATIVE = [
    *["scheduling", "reschedule", "out of office", "automatic reply", "invoice", "unsubscribe"],
]
COURTESY = [
    *["checking in", "check in", "touching base", "keep in touch", "keeping in touch", "just following up"],
    *["just wanted to say", "happy holidays", "season s greetings", "hope all is well", "satisfaction call"],
    *["courtesy call"],
]
THEMES = {
    "education": ["training", "workshop", "webinar", "onboarding", "how to", "best practice"],
    "review": [
        *["business review", "qbr", "ebr", "health check", "roadmap", "success plan", "benchmark", "audit"],
    ],
    "joint work": [
        *["design review", "commissioning", "upgrade", "migration", "optimisation", "optimization", "root cause"],
        *["drawing review"],
    ],
    "insight": ["industry", "regulation", "trend", "standard", "white paper", "case study"],
    "answer": ["answer", "solution", "fix", "resolved", "workaround"],
}
SUBSTANTIVE = [phrase for phrases in THEMES.values() for phrase in phrases]
SALES = ["proposal", "quote", "offer", "promotion", "discount", "demo", "pricing"]
PHRASES = {"administrative": ADMINISTRATIVE, "courtesy": COURTESY, "substantive": SUBSTANTIVE, "sales": SALES}
ORDER = {
    "activity_type": ["administrative", "courtesy", "substantive", "sales"],
    "title": ["administrative", "courtesy", "substantive", "sales"],
    "body": ["administrative", "substantive", "sales", "courtesy"],
}
HOLDING = ["still no answer", "still looking into", "get back to you", "no update yet"]


@dataclass(frozen=True)
class Verdict:
    """What a touch's text makes of it; `rule` is null where no rule decides."""

    substance: str
    rule: str | None
    theme: str | None
    is_sales: bool
    is_holding: bool


def seen(text: str | None) -> str:
    """What a person sees of a text: without HTML, quoted replies and signature."""
    unquoted = re.sub(r"(?is)<blockquote.*?</blockquote>", "\n", text or "")
    broken = re.sub(r"(?i)<br\s*/?>|</(p|div|li|tr|h\d)>", "\n", unquoted)
    kept: list[str] = []
    for line in html.unescape(re.sub(r"<[^>]*>", " ", broken)).splitlines():
        if line.strip() == "--" or re.match(r"\s*on .* wrote:\s*$", line, re.IGNORECASE):
            break
        if not line.lstrip().startswith(">"):
            kept.append(line)
    return "\n".join(kept)


@cache
def words_of(text: str | None) -> str:
    """What is seen of a text, in lower case, runs of anything but letters and digits as one space."""
    return " " + re.sub(r"[\W_]+", " ", seen(text).lower()).strip() + " "


def bears(text: str | None, phrase: str) -> bool:
    """Whether the phrase stands in the text as whole words."""
    return f" {phrase} " in words_of(text)


def theme_of(phrase: str) -> str | None:
    return next((theme for theme, phrases in THEMES.items() if phrase in phrases), None)


def verdict(activity_type: str | None, title: str | None, body: str | None) -> Verdict:
    """The first rule that matches decides; any sales rule makes it sales too."""
    texts = {"activity_type": activity_type, "title": title, "body": body}
    matched = [
        (substance, field, phrase)
        for field, text in texts.items()
        for substance in ORDER[field]
        for phrase in PHRASES[substance]
        if bears(text, phrase)
    ]
    is_sales = any(substance == "sales" for substance, _, _ in matched)
    is_holding = any(bears(text, phrase) for text in texts.values() for phrase in HOLDING)
    if not matched:
        return Verdict("unclassified", None, None, is_sales, is_holding)
    substance, field, phrase = matched[0]
    rule = f"{field}_{phrase.replace(' ', '_')}"
    return Verdict(substance, rule, theme_of(phrase), is_sales, is_holding)
