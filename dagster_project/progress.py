"""Plain words about what a run is doing, for the person at the terminal."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

# Live lines overwrite themselves on a terminal; in a log they would pile up, so there one every few seconds is enough.
TERMINAL_SECONDS = 0.1
LOG_SECONDS = 5.0


class Narrator:
    """Tells steps, progress and problems to a stream, or to nobody where there is none (Dagster has its own log)."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream
        self._is_terminal = bool(stream and stream.isatty())
        self._live_width = 0
        self._told_at = 0.0
        self.problems: list[str] = []

    def line(self, text: str = "") -> None:
        """One line that stays."""
        if self._stream is None:
            return
        self._clear()
        self._stream.write(text + "\n")
        self._stream.flush()
        self._told_at = time.monotonic()

    def live(self, text: str) -> None:
        """How far the current step has come; replaced by the next line on a terminal, rationed in a log."""
        if self._stream is None:
            return
        now = time.monotonic()
        if now - self._told_at < (TERMINAL_SECONDS if self._is_terminal else LOG_SECONDS):
            return
        self._told_at = now
        shown = "    " + text
        if self._is_terminal:
            shown = shown[:118]
            self._stream.write("\r" + shown.ljust(self._live_width))
            self._live_width = len(shown)
        else:
            self._stream.write(shown + "\n")
        self._stream.flush()

    def problem(self, text: str) -> None:
        """Something refused or failed: one line now, and again in the summary at the end."""
        one_line = " ".join(text.split())
        self.problems.append(one_line)
        self.line(f"  ! {one_line}")

    @contextmanager
    def step(self, title: str) -> Iterator[Step]:
        """One step of the run: a heading, then on leaving its outcome with the seconds it took."""
        self.line(title)
        step = Step()
        started = time.monotonic()
        yield step
        if step.outcome:
            self.line(f"    {step.outcome}  ({time.monotonic() - started:.1f} s)")

    def _clear(self) -> None:
        if self._live_width and self._stream is not None:
            self._stream.write("\r" + " " * self._live_width + "\r")
            self._live_width = 0


class Step:
    """What a step came to, told when it ends; empty tells nothing."""

    outcome: str = ""


def terminal() -> Narrator:
    return Narrator(sys.stdout)


def counted(number: int, noun: str, plural: str = "") -> str:
    """`1 row`, `2,000 rows`."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"
