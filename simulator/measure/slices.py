"""When to measure: many short slices of everything in turn, over a time in which the machine changes its mood.

Five runs in a row may agree within 2 % and all be wrong by 40 %: a neighbour on the other hyper-thread, or a hypervisor that has
moved a virtual CPU, changes every cost for seconds and shows in no counter. Therefore:

1. A round takes one slice of every probe; rounds are spread over the time allowed.
2. A slice is the middle one of a few short tries in which nobody else took the core. A try with a failed call counts as none.
3. Of all slices of a quantity the second best is its value, the best and the middle one are its range: what the operation
   costs when nothing is in its way, and what it was found to cost. The best alone may be luck, the middle one is the neighbour's.
   Parts of one whole are those of the slice with the second best whole: the best of each part would be parts of no whole.
   What needs two cores at their best is tried several times in a round, and the best whole of the round is its slice.
4. A chain of multiplications is timed before each slice. The share of slices before which it took no more than a tenth longer
   than its best is the clean share.

*Scope*: order, tries and statistics; what is measured is in ``probes``. *Validation*: ``tests/measure/test_slices.py``.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median

Values = Mapping[str, float]
TRIES, KEPT = 6, 3
OFTEN = 4
FEWEST_SLICES = 3
_CLEAN = 1.1


@dataclass(frozen=True, slots=True)
class Probe:
    """Something to measure: one try gives its quantities, or None if it was disturbed or failed."""

    name: str
    attempt: Callable[[], Values | None]
    tries: int = TRIES
    kept: int = KEPT
    whole: str = ""
    """The quantity of which all others are parts; a probe with one is tried ``OFTEN`` times in a round."""
    why_lost: str = "in every try somebody else took the core, or a call failed"


@dataclass(slots=True)
class Record:
    """The slices of each round by quantity, and what the canary said before each."""

    rounds: list[dict[str, float]] = field(default_factory=list)
    canaries: list[float] = field(default_factory=list)
    lost: dict[str, int] = field(default_factory=dict)
    """Tries by probe that were disturbed or failed."""
    tried: dict[str, int] = field(default_factory=dict)
    wholes: dict[str, str] = field(default_factory=dict)
    """Quantity -> the whole of which it is a part."""

    def never(self, probes: Sequence[Probe]) -> dict[str, str]:
        """The probes of which no try was good, and why."""
        return {p.name: p.why_lost for p in probes if self.lost.get(p.name, 0) == self.tried.get(p.name, 0)}

    def clean_share(self) -> float:
        """Share of slices that began on a core at its best."""
        best = min(self.canaries)
        return sum(value <= best * _CLEAN for value in self.canaries) / len(self.canaries)


@dataclass(frozen=True, slots=True)
class Estimate:
    """A quantity: its value, and from its best slice to its middle one."""

    value: float
    low: float
    high: float
    slices: int


def record(
    probes: Sequence[Probe],
    canary: Callable[[], float],
    rounds: int,
    seconds: float,
    limit_s: float,
    progress: Callable[[int, int], None] | None = None,
) -> Record:
    """Take the rounds, evenly over ``seconds``; where others use the machine it takes longer, and ends after ``limit_s``."""
    found = Record()
    start = time.monotonic()
    for number in range(rounds):
        if number >= FEWEST_SLICES and time.monotonic() - start > limit_s:
            break
        if progress is not None:
            progress(number, rounds)
        found.rounds.append({})
        for probe in in_order(probes):
            found.canaries.append(canary())
            _keep(found.rounds[-1], _slice(probe, found), probe.whole)
        time.sleep(max(0.0, start + seconds * (number + 1) / rounds - time.monotonic()))
    return found


def in_order(probes: Sequence[Probe]) -> list[Probe]:
    """The probes of a round: those with a whole once after each quarter of the others."""
    often, others = [p for p in probes if p.whole], [p for p in probes if not p.whole]
    cuts = [len(others) * turn // OFTEN for turn in range(OFTEN + 1)]
    return [p for first, last in pairwise(cuts) for p in (*others[first:last], *often)]


def _keep(row: dict[str, float], values: Values, whole: str) -> None:
    if whole not in values or whole not in row or values[whole] < row[whole]:
        row.update(values)


def _slice(probe: Probe, found: Record) -> Values:
    kept: list[Values] = []
    for _ in range(probe.tries):
        values = probe.attempt()
        found.tried[probe.name] = found.tried.get(probe.name, 0) + 1
        if values is None:
            found.lost[probe.name] = found.lost.get(probe.name, 0) + 1
        else:
            kept.append(values)
        if len(kept) == probe.kept:
            break
    found.wholes.update(dict.fromkeys(kept[0], probe.whole) if kept and probe.whole else {})
    return {name: median(values[name] for values in kept) for name in (kept[0] if kept else ())}


def estimate(values: Sequence[float], wholes: Sequence[float] | None = None) -> Estimate:
    """Value and range of a quantity from its slices; ``wholes`` are those of which they are parts."""
    ranked = [value for _, value in sorted(zip(wholes or values, values, strict=True))]
    value = ranked[min(1, len(ranked) - 1)]
    return Estimate(value, min(values), max(value, median(values)), len(values))


def estimates(found: Record) -> dict[str, Estimate]:
    """Value and range of every quantity of which there are slices enough to speak of a range."""
    least = min(FEWEST_SLICES, len(found.rounds))
    columns: dict[str, list[tuple[float, float]]] = {}
    for values in found.rounds:
        for name, value in values.items():
            columns.setdefault(name, []).append((value, values[found.wholes.get(name, name)]))
    return {
        name: estimate([value for value, _ in pairs], [whole for _, whole in pairs])
        for name, pairs in columns.items()
        if len(pairs) >= least
    }
