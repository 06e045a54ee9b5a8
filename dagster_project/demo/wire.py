"""What the simulated vendors share on the wire: a request, an answer, and a window that counts requests."""

from __future__ import annotations

import json
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]


@dataclass
class Asked:
    """One HTTP request, read to its end. Query values come in the order given; header names are lower case."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: Any
    root: str
    """Scheme, host and port the client used, for links to further pages."""

    def first(self, name: str, default: str | None = None) -> str | None:
        values = self.query.get(name)
        return values[0] if values else default

    def names(self, name: str) -> list[str]:
        """A list given as repeated parameters, as one comma-separated text, or both."""
        given = [*self.query.get(name, []), *self.query.get(f"{name}[]", [])]
        return [part for text in given for part in text.split(",") if part]


@dataclass
class Answer:
    """A status, headers and a body. `rows` are the records in the body, which a test may have spoiled first."""

    status: int = 200
    body: Any = None
    rows: list[Json] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    media_type: str = "application/json"

    def encoded(self) -> bytes:
        if self.body is None:
            return b""
        if isinstance(self.body, str):
            return self.body.encode()
        # Half an emoji, which chat clients send at times, has no UTF-8: it travels escaped.
        return json.dumps(self.body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "backslashreplace")


def html_page(status: int, title: str) -> Answer:
    return Answer(
        status,
        f"<!DOCTYPE html><html><head><title>{title}</title></head><body>{title}</body></html>",
        media_type="text/html",
    )


class RateWindow:
    """At most `limit` requests in any `seconds` of real time."""

    def __init__(self, limit: int, seconds: float) -> None:
        self.limit, self.seconds = limit, seconds
        self.taken: deque[float] = deque()

    def wait(self) -> float | None:
        """Take a place and return None, or the seconds until one is free."""
        now = time.monotonic()
        while self.taken and now - self.taken[0] >= self.seconds:
            self.taken.popleft()
        if len(self.taken) >= self.limit:
            return self.seconds - (now - self.taken[0])
        self.taken.append(now)
        return None

    @property
    def remaining(self) -> int:
        return max(0, self.limit - len(self.taken))
