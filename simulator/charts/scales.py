"""Axes that can be read: a handful of plain numbers in the unit in which the scenario writes them.

1. A rate is shown in the unit of its sweep ("50 kpps": kpps), or in the one that suits the largest value.
2. A logarithmic axis is labelled in plain digits, at `FEWEST_TICKS` places or more however few decades it shows.
3. Loss runs from "none" to 100 % on a logarithmic axis: nothing lost and everything lost are both off the floor.

*Scope*: ticks, units, names of axes. *Validation*: tests/charts/test_scales.py.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil, floor, inf, log10, nan
from typing import Any

from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.ticker import FixedFormatter, FixedLocator, MaxNLocator, NullFormatter, NullLocator

from simulator import units
from simulator.charts.select import Point

FEWEST_TICKS, MOST_TICKS = 3, 8
SUBDIVISIONS = ((1,), (1, 3), (1, 2, 5), (1, 1.5, 2, 3, 5, 7))
NARROW = 1.25
"""An axis whose ends are nearer than that is widened: a constant is a constant, not a dramatic slope."""
MARGIN = 0.05
LOGARITHMIC_FROM = 20
LEAST_LOSS, NO_LOSS = 1e-5, 3e-6
"""Smaller shares than the first are drawn at it; nothing lost is drawn at the second."""
LOSS_TICKS = {NO_LOSS: "none", 1e-5: "0.001", 1e-4: "0.01", 1e-3: "0.1", 1e-2: "1", 1e-1: "10", 1.0: "100"}


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit of an axis and how many packets per second it is."""

    name: str
    size: float

    def of(self, rate_pps: float | None) -> float:
        """The rate in this unit; NaN, which is not drawn, for none."""
        return nan if rate_pps is None else rate_pps / self.size


def rate_unit(points: Sequence[Point], key: str = "offered_pps") -> Unit:
    """The unit in which most swept rates are written, or the largest that the largest rate fills."""
    texts = (text for point in points for text in point["parameters"].values())
    written = Counter(unit for text in texts if units.dimension_of(text) is units.PACKET_RATE for unit in [_unit(text)])
    largest = max((point[key] or 0.0 for point in points), default=0.0)
    factors = {name: float(size) / 1000 for name, size in units.PACKET_RATE.factors.items()}
    suiting = next((own for own in units.PACKET_RATE.shown if factors[own] <= largest), "pps")
    name = written.most_common(1)[0][0] if written else suiting
    return Unit(name, factors[name])


def axis_name(parameter: str) -> str:
    """A swept parameter in words: ``guests.*.count`` is "guests: count", ``traffic.load.rate`` "traffic load: rate"."""
    *where, last = parameter.split(".")
    said = " ".join(part for part in where if part != "*")
    return f"{said}: {last}" if said else last


def logarithmic(values: Iterable[float]) -> bool:
    """Whether the values span so much that a linear axis would crowd most of them."""
    found = list(values)
    return bool(found) and min(found) > 0 and max(found) > LOGARITHMIC_FROM * min(found)


def log_axis(axis: Axis) -> None:
    """A logarithmic axis labelled in plain digits, widened if its ends are near, empty if nothing
    is drawn on it: call it last."""
    name = "x" if axis is axis.axes.xaxis else "y"
    axis.axes.set(**{f"{name}scale": "log"})
    low, high = sorted(axis.get_data_interval())
    known = 0 < low <= high < inf
    low, high = (low, high) if known else (1.0, 1.0)
    margin = (high / low) ** MARGIN
    low, high = low / margin, high * margin
    if high < NARROW**2 * low:
        low, high = low / NARROW, high * NARROW
    axis.axes.set(**{f"{name}lim": (low, high)})
    ticks = log_ticks(low, high) if known else []
    axis.set_major_locator(FixedLocator(ticks))
    axis.set_major_formatter(FixedFormatter([plain(tick) for tick in ticks]))
    axis.set_minor_locator(NullLocator())
    axis.set_minor_formatter(NullFormatter())


def log_ticks(low: float, high: float) -> list[float]:
    """Round numbers between the ends, from `FEWEST_TICKS` to about `MOST_TICKS` of them."""
    decades = range(floor(log10(low)), ceil(log10(high)) + 1)
    sets = [[sub * 10.0**d for d in decades for sub in subs if low <= sub * 10.0**d <= high] for subs in SUBDIVISIONS]
    fitting = [found for found in sets if FEWEST_TICKS <= len(found) <= MOST_TICKS]
    if fitting:
        return fitting[-1]
    if len(sets[0]) > MOST_TICKS:
        return sets[0][:: ceil(len(sets[0]) / MOST_TICKS)]
    return [float(tick) for tick in MaxNLocator(nbins=4).tick_values(low, high) if low <= tick <= high]


def plain(value: float) -> str:
    """A number without exponent and without digits that the binary fraction made up."""
    if not value or 1e-4 <= abs(value) < 1e12:
        return f"{value:,.12g}"
    return f"{value:.9f}".rstrip("0") if 1e-6 <= abs(value) < 1e-4 else f"{value:.3g}"


def loss_axis(axes: Axes) -> None:
    """The vertical axis of a panel of losses, drawn from `loss_place`."""
    axes.set_yscale("log")
    axes.set_ylim(NO_LOSS / 1.5, 1.8)
    axes.yaxis.set_major_locator(FixedLocator(list(LOSS_TICKS)))
    axes.yaxis.set_major_formatter(FixedFormatter(list(LOSS_TICKS.values())))
    axes.yaxis.set_minor_locator(NullLocator())


def loss_place(loss: float | None) -> float | None:
    """Where a share of lost packets (0 to 1) is drawn."""
    return None if loss is None else NO_LOSS if loss <= 0 else max(loss, LEAST_LOSS)


def percent(share: float) -> str:
    """A share (0 to 1) as ``12.5 %``, ``100 %``."""
    return units.format_ratio(share * 10**6)


def _unit(text: str) -> str:
    return units.split(text, units.PACKET_RATE)[1]


def number(text: Any) -> float | None:
    """A swept value as a number: a quantity in base units, or a plain number; None for a word."""
    dimension = units.dimension_of(text)
    if dimension is not None:
        return float(units.parse(text, dimension))
    try:
        found = float(text)
    except (TypeError, ValueError):
        return None
    return found if abs(found) < float("inf") else None
