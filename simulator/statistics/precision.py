"""How precise a study shall be: ``p99 5 %, mean 2 %``; whether replications so far reach it, and how many more to run.

1. A goal is a latency figure and a relative half width of its 95 % interval.
2. At least `FEWEST` replications. The goals hold when they hold after the last replication and after each of the `LOOK_AHEAD`
   before it, so that nobody stops by luck (Hoad, Robinson & Davies 2010, doi:10.1057/jos.2009.22).
3. Where they do not hold, the half width shrinks with the square root of the replications: that says how many to run next, not
   more than as many again, and not beyond the budget, `MOST`. What is not reached then is said.

The decision depends on the replications in their order and nothing else, so that any number of workers decides the same.

*Scope*: latency of a point. *Validation*: tests/statistics/test_precision.py.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import ceil
from typing import Any

from simulator import units
from simulator.errors import BadValue, InputError, unknown

FIGURES = ("mean", "p50", "p90", "p99", "p99.9")
DEFAULT = "p99 5 %, mean 2 %"
FEWEST, LOOK_AHEAD, MOST = 10, 5, 100
_EXAMPLE = "write it as 'p99 5 %' or 'p99 5 %, mean 2 %'"
Goals = Mapping[str, float]
"""Latency figure -> relative half width."""


def parse(text: Any) -> dict[str, float]:
    """The goals that a text states; InputError without a place if it states none."""
    if not isinstance(text, str) or not text.strip():
        raise BadValue("", f"is no precision; {_EXAMPLE}", text)
    goals: dict[str, float] = {}
    for part in text.split(","):
        figure, _, share = part.strip().partition(" ")
        if figure not in FIGURES:
            raise unknown("", "latency figure", figure, FIGURES)
        if figure in goals:
            raise BadValue("", f"asks for {figure} twice", text)
        goals[figure] = _share(share, text)
    return goals


def _share(text: str, whole: str) -> float:
    try:
        share = units.parse(text.strip(), units.RATIO) / 10**6
    except InputError:
        raise BadValue("", f"has no share such as '5 %'; {_EXAMPLE}", whole) from None
    if not 0 < share < 1:
        raise BadValue("", "has a share that is not between 0 and 100 %", whole)
    return share


@dataclass(frozen=True, slots=True)
class Verdict:
    """``more``: replications to run next, 0 if it is over; ``reached``: whether the goals hold."""

    more: int
    reached: bool


def decide(runs: int, widths: Callable[[int], Mapping[str, float | None]], goals: Goals, most: int = MOST) -> Verdict:
    """What to do after `runs` replications; `widths(n)` are the relative half widths after the first n, None where there is none."""
    if runs < FEWEST:
        return Verdict(FEWEST - runs, reached=False)
    first = max(FEWEST, runs - LOOK_AHEAD)
    if all(_worst(widths(n), goals) <= 1 for n in range(runs, first - 1, -1)):
        ahead = max(0, FEWEST + LOOK_AHEAD - runs)
        return Verdict(min(ahead, max(0, most - runs)), reached=not ahead)
    if runs >= most:
        return Verdict(0, reached=False)
    worst = _worst(widths(runs), goals)
    wanted = runs * min(2.0, worst**2) if worst > 1 else runs
    return Verdict(min(max(LOOK_AHEAD, ceil(wanted) - runs), most - runs), reached=False)


def holds(widths: Mapping[str, float | None], goals: Goals) -> bool:
    """Whether the goals hold for these relative half widths."""
    return _worst(widths, goals) <= 1


def _worst(widths: Mapping[str, float | None], goals: Goals) -> float:
    """The largest relative half width as a multiple of its goal; infinite where there is none."""
    ratios = [float("inf") if (width := widths.get(figure)) is None else width / goal for figure, goal in goals.items()]
    return max(ratios, default=0.0)
