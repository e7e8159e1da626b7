"""How far a study is and how long it may still take, on standard error: a line that is rewritten on a terminal, one line
in ten seconds elsewhere.

1. Runs are counted as they end; runs taken over from an earlier study count as done and not as work.
2. The time left is the forecast until the first run has ended, and from then on what the runs so far have taken.
3. A thread of its own speaks, so that a long run is not silent.

*Scope*: text for people; results depend on none of it. *Validation*: ``tests/unit/test_cli.py``.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import suppress
from threading import Event, Thread
from time import monotonic
from types import TracebackType

import click

OFF_TERMINAL_S, ON_TERMINAL_S = 10.0, 1.0
SAID_FROM_S = 10.0
"""A study that is forecast to be shorter begins without a word."""


class Progress:
    """Speaks from the beginning to the end of a ``with`` block."""

    def __init__(
        self, max_time_s: float | None = None, clock: Callable[[], float] = monotonic, of: str = "runs"
    ) -> None:
        self._max_time_s, self._clock, self._of = max_time_s, clock, of
        self._terminal = sys.stderr.isatty()
        self._started, self._first = clock(), 0.0
        self._done = self._total = self._before = 0
        self._forecast_s: float | None = None
        self._ended = Event()

    def __enter__(self) -> Progress:
        Thread(target=self._speak, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()

    def end(self) -> None:
        """Say nothing more, and leave no line on a terminal."""
        if self._terminal and not self._ended.is_set():
            _say("\r" + " " * 60 + "\r", end="")
        self._ended.set()

    def forecast(self, seconds: float) -> None:
        """Told before the first run how long all of them may take."""
        self._forecast_s, self._started = seconds, self._clock()
        if seconds >= SAID_FROM_S:
            allowed = self._max_time_s
            late = f", more than the {duration(allowed)} allowed" if allowed is not None and seconds > allowed else ""
            _say(f"this will take about {duration(seconds)}{late}")

    def __call__(self, done: int, total: int) -> None:
        """Told when runs have ended."""
        if self._clock() - self._started < 1 and not self._first:
            self._before = done  # what was stored comes at once
        elif not self._first:
            self._first = self._clock()
        self._done, self._total = done, total

    def line(self) -> str:
        """What is said now."""
        left = self._left_s()
        what = f"{self._done} of {self._total} {self._of}" if self._total else "no run has ended yet"
        passed, worked = self._clock() - self._started, self._done - self._before
        speed = f", {worked / passed:.3g} {self._of}/s" if self._of != "runs" and worked and passed > 0 else ""
        return f"{what}{speed}, {'time left unknown' if left is None else f'about {duration(left)} left'}"

    def _left_s(self) -> float | None:
        passed, worked = self._clock() - self._started, self._done - self._before
        if worked and self._total:
            return passed / worked * (self._total - self._done)
        return None if self._forecast_s is None else max(0.0, self._forecast_s - passed)

    def _speak(self) -> None:
        while not self._ended.wait(ON_TERMINAL_S if self._terminal else OFF_TERMINAL_S):
            _say(f"\r{self.line():<60}" if self._terminal else self.line(), end="" if self._terminal else "\n")


def _say(text: str, end: str = "\n") -> None:
    with suppress(OSError, ValueError):
        click.echo(f"{text}{end}", nl=False, err=True)


def duration(seconds: float) -> str:
    """A time that people wait for: ``40 s``, ``12 min``, ``3.5 h``."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    return f"{round(seconds / 60)} min" if seconds < 90 * 60 else f"{seconds / 3600:.1f} h"
