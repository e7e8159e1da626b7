"""The scenario's thresholds as they are drawn: a line at each limit, over the points that it is about.

1. A document carries its thresholds as written; one that cannot be read, or whose metric the chart does not show, is not
   drawn.
2. The limit is in the unit of the metric: microseconds, packets per second, shares, cores.

*Scope*: where lines are and what they say; whether a threshold holds is the study's to say.
*Validation*: tests/charts/test_marks.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes

from simulator import units
from simulator.charts import style
from simulator.charts.select import Point, properties
from simulator.errors import InputError
from simulator.scenario import parse_threshold
from simulator.scenario.thresholds import HOLDS

PER_UNIT = {units.TIME.name: 10**6, units.PACKET_RATE.name: 10**3, units.BIT_RATE.name: 1, units.RATIO.name: 10**6}
"""Base units of a dimension per unit of the metrics."""
LOOK = {"color": style.INK, "linewidth": 2.0, "linestyle": (0, (6, 2, 1, 2))}
"""Dashes of no series."""


@dataclass(frozen=True, slots=True)
class Limit:
    """A threshold in the unit of its metric; `where`: the points it is about, by property."""

    metric: str
    value: float
    text: str
    where: tuple[tuple[str, str], ...] = ()

    def about(self, point: Point) -> bool:
        """Whether the threshold is about that point."""
        found = properties(point)
        return all(found.get(key) == value for key, value in self.where)


def limits(texts: Sequence[Any]) -> tuple[Limit, ...]:
    """The thresholds of a document that have a limit; of what is true or false there is none to draw."""
    found = []
    for text in texts:
        try:
            read = parse_threshold(str(text))
        except InputError:
            continue
        if read.operator == HOLDS:
            continue
        size = PER_UNIT.get(read.dimension.name, 1) if read.dimension else 1
        found.append(Limit(read.metric, float(read.value / size), read.text, read.where))
    return tuple(found)


def across(axes: Axes, found: Sequence[Limit], points: Sequence[Point], metric: str, scale: float = 1.0) -> None:
    """Horizontal lines at the limits of that metric, each with its text."""
    for limit in found:
        if limit.metric == metric and any(map(limit.about, points)):
            axes.axhline(limit.value * scale, zorder=2.5, **LOOK)  # type: ignore[arg-type]
            axes.annotate(
                limit.text, (0.01, limit.value * scale), (0, 3), xycoords=axes.get_yaxis_transform(),
                textcoords="offset points", fontsize=style.TICK_POINTS - 2, color=style.INK, zorder=6,
                bbox=style.PAPER,
            )  # fmt: skip


def upright(axes: Axes, found: Sequence[Limit], points: Sequence[Point], metric: str, top: float) -> None:
    """Upright lines at the limits of that metric, from the floor to `top` (in the units of the axis), each with its text."""
    for limit in found:
        if limit.metric == metric and any(map(limit.about, points)):
            axes.plot([limit.value] * 2, [axes.get_ylim()[0], top], zorder=2.5, **LOOK)  # type: ignore[arg-type]
            axes.plot(limit.value, top, "D", color=style.INK, markersize=9, zorder=6)
            axes.annotate(
                limit.text, (limit.value, top), (8, -14), textcoords="offset points", fontsize=style.TICK_POINTS - 2,
                color=style.INK, zorder=6, bbox=style.PAPER,
            )  # fmt: skip


def at_rows(axes: Axes, found: Sequence[Limit], points: Sequence[Point], metrics: Mapping[str, float]) -> list[str]:
    """A short upright line in every row that a limit on one of the metrics (name -> scale) is about; their texts."""
    drawn = [limit for limit in found if limit.metric in metrics and any(map(limit.about, points))]
    for limit in drawn:
        for row, point in enumerate(points):
            if limit.about(point):
                place = limit.value * metrics[limit.metric]
                axes.plot([place, place], [row - 0.45, row + 0.45], zorder=5, **LOOK)  # type: ignore[arg-type]
    return [limit.text for limit in drawn]


def said(texts: Sequence[str]) -> str:
    """What the broken lines are, for the caption."""
    return f"Broken line: {'; '.join(dict.fromkeys(texts))}." if texts else ""
