"""How sure every number of a point is: 95 % intervals from its replications or from sections of its windows; what its goals and
its warm-up are worth.

1. With `FEWEST` replications or more, they are the pieces of all intervals. With fewer, mean and percentiles of latency take
   `SECTIONS` sections of each window; other numbers the replications, if there are two.
2. ``low`` and ``high`` are the ends of the interval around the number shown, ``min`` and ``max`` the extremes of the replications.
3. A stated warm-up is judged: MSER-5 looks at the window that it left, averaged over the replications. One that is not stated is
   what MSER-5 cuts from a pilot run.

*Scope*: chance, not the costs. *Validation*: tests/unit/test_study_parts.py, tests/statistics.
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from simulator import units
from simulator.metrics.latency import PERCENTILES, PS_PER_US
from simulator.statistics import intervals, precision
from simulator.statistics.intervals import Interval
from simulator.statistics.warmup import Cut, mser5
from simulator.study.runs import Window

SECTIONS = 20
PILOT_SLICES, PILOT_LONGEST = 500, 8
"""Slices of a pilot run, and how many times its first length it may take until no drift is seen."""
Range = dict[str, float | None]
NO_RANGE: Range = {"low": None, "high": None, "min": None, "max": None}
WITHOUT_INTERVAL = ("latency.max", "steady")
"""An extreme and a verdict."""


@dataclass(frozen=True, slots=True)
class Warmup:
    """What is left out at the beginning; ``stated``: by the scenario; ``refused``: MSER-5 found no end of the drift."""

    length_ps: int
    stated: bool = True
    refused: bool = False


def of_scalars(
    pooled: Mapping[str, float | None],
    headlines: Sequence[Mapping[str, float | None]],
    latencies: Mapping[str, Interval],
) -> dict[str, Range]:
    """Interval and extremes of every scalar metric; `pooled` are the numbers shown, `headlines` those of each replication, `latencies`
    the intervals of `of_latency`."""
    found = {}
    for name, value in pooled.items():
        single = [headline[name] for headline in headlines]
        known = [one for one in single if one is not None]
        whole = len(known) == len(single)
        interval = latencies.get(name.removeprefix("latency.")) if name.startswith("latency.") else None
        if not name.startswith("latency.") and name not in WITHOUT_INTERVAL and value is not None and whole:
            interval = intervals.sectioned(value, known)
        ends = (min(known), max(known)) if whole and len(known) > 1 else (None, None)
        found[name] = dict(zip(NO_RANGE, (*_ends(interval), *ends), strict=True))
    return found


def of_latency(windows: Sequence[Window], figures: Container[str] = ("mean", *PERCENTILES)) -> dict[str, Interval]:
    """Latency figure -> its interval in us, of those asked for; figures without one are left out."""
    whole = len(windows) >= precision.FEWEST or not all(window.sections for window in windows)
    pieces = [piece for window in windows for piece in ([_histogram(window)] if whole else window.sections)]
    together = intervals.added(pieces)
    found = {name: intervals.quantile(pieces, p, together) for name, p in PERCENTILES.items() if name in figures}
    if "mean" in figures:
        found["mean"] = _mean(windows, whole=whole)
    return {
        name: Interval(interval.low / PS_PER_US, interval.high / PS_PER_US)
        for name, interval in found.items()
        if interval is not None
    }


def _histogram(window: Window) -> dict[int, int]:
    return intervals.added(tuple(window.trace.histograms.values()))


def _mean(windows: Sequence[Window], *, whole: bool) -> Interval | None:
    parts = 1 if whole else SECTIONS
    sums = []
    for window in windows:
        size = len(window.slices) // parts
        groups = [window.slices[start : start + size] for start in range(0, size * parts, size)]
        sums += [(sum(n for n, _ in group), sum(ps for _, ps in group)) for group in groups]
    count, total_ps = sum(n for n, _ in sums), sum(ps for _, ps in sums)
    if not all(n for n, _ in sums):
        return _mean(windows, whole=True) if not whole else None
    return intervals.sectioned(total_ps / count, [ps / n for n, ps in sums])


def _ends(interval: Interval | None) -> tuple[float | None, float | None]:
    return (None, None) if interval is None else (interval.low, interval.high)


def widths(windows: Sequence[Window], figures: Container[str]) -> dict[str, float | None]:
    """Latency figure -> relative half width of its interval, of those asked for."""
    return relative(of_latency(windows, figures))


def relative(found: Mapping[str, Interval]) -> dict[str, float | None]:
    """Latency figure -> relative half width of its interval."""
    return {name: found[name].half / middle if (middle := _middle(found[name])) else None for name in found}


def _middle(interval: Interval) -> float:
    return (interval.low + interval.high) / 2


def judged(latencies: Mapping[str, Interval], goals: Mapping[str, float], *, stated: bool) -> dict[str, Any]:
    """What was asked for, what was reached: goals and relative half widths, by latency figure."""
    reached = relative(latencies)
    return {
        "goals": dict(goals),
        "half_widths": {figure: reached.get(figure) for figure in goals},
        "reached": precision.holds(reached, goals),
        "replications_stated": stated,
    }


def cut_of_pilot(pilot: Window) -> Cut:
    """The cut of a run from the empty machine, in slices of it; slices without a packet are passed over."""
    means = [(number, ps / count) for number, (count, ps) in enumerate(pilot.slices) if count]
    cut = mser5([mean for _, mean in means])
    return Cut(means[cut.values][0] if cut.values else 0, cut.refused, cut.deviation)


def drift(windows: Sequence[Window]) -> Cut:
    """What MSER-5 would still cut from the measured windows, in slices, averaged over the replications."""
    columns = list(zip(*(window.slices for window in windows), strict=True))
    means = [sum(ps for _, ps in column) / count for column in columns if (count := sum(n for n, _ in column))]
    return mser5(means) if len(means) == len(columns) else Cut(0)


def warnings(windows: Sequence[Window], warmup: Warmup, duration_ps: int) -> list[str]:
    """What is wrong with the warm-up, in words."""
    if warmup.refused:
        return [
            "warm-up: latency still drifts at the end of the longest pilot run; no interval is given: state measurement.warmup and duration"
        ]
    cut = drift(windows)
    if not warmup.stated or not cut.remarkable:
        return []
    more_ps = duration_ps * cut.values // max(1, len(windows[0].slices))
    stated = units.format_time(warmup.length_ps)
    more = (
        f"half of the window or more besides the {stated}"
        if cut.refused
        else f"{units.format_time(more_ps)} more than {stated}"
    )
    return [f"warm-up: latency still drifts in the window; MSER-5 would leave out {more}"]
