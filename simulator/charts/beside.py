"""Names of lines beside the panel, each joined to the end of its line: nobody has to match seventeen colours with a legend.

1. A name wants the height at which its line ends. Names are put in that order, and pushed apart until none covers another.
2. A thin line of the same colour leads from the end of the line to its name; a sample shows marker and dashes.
3. Without an end (several panels, or nothing delivered) names are put in order from the top, without a lead.

*Scope*: the right margin of a figure. *Validation*: tests/charts/test_names.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes

from simulator.charts import style
from simulator.words import folded, inches, wrap

SIDE_INCHES, SIDE_CELLS = 4.1, 24
WIDE_SIDE_CELLS, TOWER_INCHES = 60, 12.0
LINE_INCHES, GAP_INCHES = 1.22 * style.TICK_POINTS / 72, 0.07
LEAD_INCHES, SAMPLE_INCHES, TEXT_INCHES = 0.25, 0.5, 0.1
SAMPLED = ("color", "linewidth", "linestyle", "marker", "markersize")


@dataclass(frozen=True, slots=True)
class Name:
    """One name: what it says, how its line looks, and the panel and place where that ends, if it is to be joined to it."""

    text: str
    look: dict[str, Any]
    axes: Axes | None = None
    end: tuple[float, float] | None = None

    def inches(self, cells: int) -> float:
        """Height in lines of so many columns, with the gap to the next."""
        return len(wrap(self.text, cells)) * LINE_INCHES + GAP_INCHES


def cells_for(names: Sequence[Name]) -> int:
    """Columns of the margin: more of them where the names would else become a tower."""
    return SIDE_CELLS if inches_needed(names, SIDE_CELLS) <= TOWER_INCHES else WIDE_SIDE_CELLS


def width_of(cells: int) -> float:
    """Width of a margin with so many columns, in inches."""
    return SIDE_INCHES + (cells - SIDE_CELLS) * inches("x", style.TICK_POINTS)


def inches_needed(names: Sequence[Name], cells: int) -> float:
    """Height of all names."""
    return sum(name.inches(cells) for name in names)


def beside(side: Axes, names: Sequence[Name], room_inches: float) -> None:
    """Draw the names into the margin `side`, which is as high as the panels: `room_inches`."""
    cells = cells_for(names)
    side.set(xlim=(0, width_of(cells)), ylim=(0, 1))
    side.set_axis_off()
    wanted = [_height(name) for name in names]
    order = sorted(range(len(names)), key=lambda number: (-wanted[number], number))
    heights = [names[number].inches(cells) / room_inches for number in order]
    for number, middle in zip(order, spread([wanted[number] for number in order], heights), strict=True):
        _draw(side, names[number], cells, (wanted[number], middle))


def spread(wanted: Sequence[float], heights: Sequence[float]) -> list[float]:
    """Middles, from the top down, as near to the wanted ones as no two overlapping allows; 0 is the bottom, 1 the top.
    What is higher than the panel begins at its top."""
    groups: list[list[float]] = []
    for want, height in zip(wanted, heights, strict=True):
        groups.append([want + height / 2, 1, height])
        while len(groups) > 1 and _top(groups[-1]) > _top(groups[-2]) - groups[-2][2]:
            total, members, size = groups.pop()
            # What a later group wants counts from its own top, which lies below the earlier group.
            groups[-1] = [
                groups[-1][0] + total + members * groups[-1][2],
                groups[-1][1] + members,
                groups[-1][2] + size,
            ]
    middles: list[float] = []
    place = iter(heights)
    for group in groups:
        top = _top(group)
        for _ in range(int(group[1])):
            height = next(place)
            middles.append(top - height / 2)
            top -= height
    return middles


def _top(group: Sequence[float]) -> float:
    """Where a group begins: the mean of what its members want, within the panel."""
    mean, size = group[0] / group[1], group[2]
    return min(max(mean, size), 1.0) if size <= 1 else 1.0


def _height(name: Name) -> float:
    """Height of the line's end in the panel, 0 to 1; the top for a name without one."""
    if name.end is None or name.axes is None:
        return 1.0
    place = name.axes.transLimits.transform(name.axes.transScale.transform(name.end))[1]
    return float(min(1.0, max(0.0, place)))


def _draw(side: Axes, name: Name, cells: int, heights: tuple[float, float]) -> None:
    wanted, middle = heights
    own = {key: value for key, value in name.look.items() if key in SAMPLED}
    own["markersize"] = min(11.0, own.get("markersize", 0.0))
    start, end = LEAD_INCHES, LEAD_INCHES + SAMPLE_INCHES
    if name.end is not None:
        side.plot([0, start], [wanted, middle], color=own["color"], linewidth=1.2, clip_on=False)
    side.plot([start, (start + end) / 2, end], [middle] * 3, markevery=[1], clip_on=False, **own)
    text = side.text(
        end + TEXT_INCHES, middle, folded(name.text, cells), va="center", fontsize=style.TICK_POINTS, linespacing=1.1
    )
    text.set_in_layout(False)
