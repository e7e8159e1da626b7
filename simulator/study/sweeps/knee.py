"""Where a sweep should look next: between the points where the curve bends.

1. A line is one series with all swept values but one; its points are (value of the key, latency). Values and logarithms of latency are
   scaled to the line's own ranges, as they would be drawn.
2. The longest piece of the drawn line is cut in the middle (`refine`); a piece that leads to a point without a latency (nothing arrived,
   or it failed) counts as the longest. Pieces narrower than the resolution, as a share of the value, are left alone; when the longest are, the line is done.
3. Each round cuts up to `CUTS` pieces of every line, whatever the workers: the points depend on the results alone.

*Scope*: one key with a number or a quantity. The mean latency is what bends; percentiles need more packets than a probe has.
*Validation*: tests/unit/test_knee.py (against a curve that is known, and a fine grid).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import hypot, inf, log

from simulator import units
from simulator.errors import BadValue, InputError

CUTS = 2
DIGITS = 4
FEWEST, MOST = 3, 64


@dataclass(frozen=True, slots=True)
class Knee:
    """What is refined, how finely (share of the value, in millionths), and how many points a line may have."""

    key: str
    resolution_ppm: int = 20_000
    most: int = 24


def knee_of(key: str, resolution: str, most: int) -> Knee:
    """From words such as ``2 %``. Raises InputError for a resolution that is no share."""
    try:
        found = units.parse(resolution, units.RATIO)
    except InputError as error:
        raise error.at("--resolution") from None
    if not 1 <= found <= 500_000:
        raise BadValue("--resolution", "must be above 0 and at most 50 %", resolution)
    return Knee(key, int(found), most)


def refine(line: Mapping[int, float | None], knee: Knee) -> list[int]:
    """Values at which the line should be computed next; empty if it is fine enough. `line`: value in base units -> latency."""
    values = sorted(line)
    room = knee.most - len(values)
    if len(values) < FEWEST or room <= 0:
        return []
    lengths = _lengths(values, [line[value] for value in values])
    longest = sorted(range(len(lengths)), key=lambda number: (-lengths[number], number))[: min(CUTS, room)]
    pieces = [(values[number], values[number + 1]) for number in longest]
    wide = [(low, high) for low, high in pieces if (high - low) * 10**6 > knee.resolution_ppm * high]
    return sorted(middle for low, high in wide if (middle := _middle(low, high)) is not None)


def _lengths(values: Sequence[int], latencies: Sequence[float | None]) -> list[float]:
    known = [log(latency) for latency in latencies if latency]
    span = (max(known) - min(known) if known else 0.0) or 1.0
    width = values[-1] - values[0]
    found = []
    for number in range(len(values) - 1):
        low, high = latencies[number], latencies[number + 1]
        across = (values[number + 1] - values[number]) / width
        if low and high:
            found.append(hypot(across, (log(high) - log(low)) / span))
        else:
            found.append(inf if low or high else 0.0)
    return found


def _middle(low: int, high: int) -> int | None:
    """A value between, of as few digits as tell it from both; None if there is none."""
    exact = (low + high) // 2
    for digits in range(DIGITS, len(str(exact)) + 1):
        step: int = 10 ** max(0, len(str(exact)) - digits)
        rounded = (exact + step // 2) // step * step
        if low < rounded < high:
            return rounded
    return exact if low < exact < high else None


def number_of(text: str, key: str) -> tuple[int, units.Dimension | None]:
    """A swept value in base units, and its dimension. Raises InputError for one that is no number."""
    dimension = units.dimension_of(text)
    if dimension is not None:
        return int(units.parse(text, dimension)), dimension
    if text.isdecimal():
        return int(text), None
    raise BadValue("--knee", f"needs numbers or quantities to look between, and {key} has another value", text)


def text_of(value: int, dimension: units.Dimension | None) -> str:
    """A value as it would be written."""
    return str(value) if dimension is None else units.exact(value, dimension)
