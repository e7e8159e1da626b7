"""What an item measures with: a clock of CPU seconds, fresh processes, and results that keep every figure.

*Scope*: measuring; what is measured is in the items. *Validation*: tests/unit/test_benchmarks.py.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Options:
    """`full`: the long version of items that have one; `rounds`: pairs of measurements per ratio."""

    full: bool = False
    rounds: int = 5


@dataclass(frozen=True, slots=True)
class Outcome:
    """An item's numbers.

    `values`: name -> number (None: not measured, and `note` says why); `figures`: all that they come from.
    """

    values: Mapping[str, float | None]
    figures: Mapping[str, Any] = field(default_factory=dict)
    note: str = ""


class WrongResult(Exception):
    """A simulation under measurement gave an answer that is not the known one: its speed means nothing."""


def cpu_seconds(work: Callable[[], Any]) -> float:
    """CPU seconds of this process (all its threads) that `work` takes."""
    start = time.process_time()
    work()
    return time.process_time() - start


def alternate(
    rounds: int, ours: Callable[[int], float], theirs: Callable[[int], float]
) -> tuple[list[float], list[float]]:
    """Speeds of both, measured in turn; who goes first changes from round to round."""
    speeds: tuple[list[float], list[float]] = ([], [])
    for number in range(rounds):
        for side in (0, 1) if number % 2 == 0 else (1, 0):
            speeds[side].append((ours, theirs)[side](number))
    return speeds


def median_ratio(above: Sequence[float], below: Sequence[float]) -> float:
    """The median of the ratios of pairs."""
    return median(a / b for a, b in zip(above, below, strict=True))


@dataclass(frozen=True, slots=True)
class Ended:
    """A process that ended well: its output, its time by the clock and its CPU time with that of its children (s)."""

    output: str
    wall_s: float
    cpu_s: float


def fresh_process(arguments: Sequence[str], environment: Mapping[str, str] | None = None) -> Ended:
    """Run ``python <arguments>`` at the root of the project; its stderr passes through.

    Raises CalledProcessError if it fails.
    """
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    ended = subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env={**os.environ, **(environment or {})},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    wall_s = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return Ended(ended.stdout, wall_s, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def require_near(what: str, found: float, known: float, tolerance: float) -> None:
    """Raise WrongResult if `found` is further than the share `tolerance` from `known`."""
    if abs(found - known) > tolerance * known:
        raise WrongResult(f"{what}: {found:.5g}, known {known:.5g}, tolerance {tolerance:.1%}")
