"""The frame around every single chart: title above, legend and caption below, the same type sizes everywhere.

1. `frame` makes a figure of one or more panels of 1920 x 1080 points or higher.
2. `finish` puts legend and caption below and leaves room for both.

At this size the smallest letters are a fiftieth of the figure's height: the rule of thumb for the last row of a hall.

*Scope*: layout. *Validation*: tests/charts compares pictures; tests/unit/test_charts.py the caption.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from simulator.charts import style
from simulator.charts.caption import MARK, cost_note, rests_on_weak_costs
from simulator.charts.select import Point, View

WIDTH_INCHES, HEIGHT_INCHES, DPI = 12.8, 7.2, 150
LINE_INCHES = 1.32 * style.CAPTION_POINTS / 72
LEGEND_ROW_INCHES = 0.31
CAPTION_CHARACTERS, TITLE_CHARACTERS = 108, 70


def frame(title: str, panels: int = 1, height: float = HEIGHT_INCHES, **how: Any) -> tuple[Figure, list[Axes]]:
    """A figure with a title and panels side by side; `how` goes to ``Figure.subplots``."""
    figure = Figure(figsize=(WIDTH_INCHES, max(HEIGHT_INCHES, height)), dpi=DPI, layout="constrained")
    text = "\n".join(textwrap.wrap(title, TITLE_CHARACTERS))
    figure.suptitle(text, fontsize=style.TITLE_POINTS, fontweight="bold", x=0.012, ha="left")
    axes = figure.subplots(1, panels, squeeze=False, **how)
    return figure, list(axes[0])


def finish(
    figure: Figure,
    handles: Sequence[Any],
    sentences: Sequence[str],
    columns: int = 3,
    drawn: dict[Any, Any] | None = None,
) -> Figure:
    """Add the legend and, below it, the caption; `drawn`: legend handlers by type."""
    lines = [line for text in sentences if text for line in textwrap.wrap(text, CAPTION_CHARACTERS)]
    height, rows = figure.get_figheight(), -(-len(handles) // columns)
    words = (len(lines) * LINE_INCHES + 0.24) / height
    below = words + (rows * LEGEND_ROW_INCHES + 0.1 * bool(rows)) / height
    figure.get_layout_engine().set(rect=(0.006, below, 0.988, 0.992 - below), w_pad=0.12, h_pad=0.1)  # type: ignore[union-attr,call-arg]
    figure.text(0.012, 0.12 / height, "\n".join(lines), fontsize=style.CAPTION_POINTS, va="bottom", linespacing=1.3)
    if handles:
        legend = figure.legend(
            handles=list(handles), labels=[handle.get_label() for handle in handles], loc="lower left",
            bbox_to_anchor=(0.0, words), ncols=columns, frameon=False, fontsize=style.TICK_POINTS, borderpad=0.2,
            handletextpad=0.5, columnspacing=1.4, labelspacing=0.35, handler_map=drawn,
        )  # fmt: skip
        legend.set_in_layout(False)
    return figure


def caption(shown: View, *sentences: str) -> list[str]:
    """The sentences with what was left out and what rests on weak costs."""
    return [*sentences, shown.note, cost_note(shown.points)]


def marked(label: str, points: Sequence[Point]) -> str:
    """The label, with a dagger if any cost behind the points is borrowed or assumed."""
    return f"{label} {MARK}" if any(rests_on_weak_costs(point) for point in points) else label


def replications(shown: View) -> str:
    """What the pale bars are, if there are any."""
    most = max(point.get("replications", 1) for point in shown.points)
    return f"Pale bars: range over {most} replications." if most > 1 else ""


def series_of(shown: View) -> dict[str, list[Point]]:
    """Label -> its points, in order."""
    found: dict[str, list[Point]] = {}
    for point, label in zip(shown.points, shown.labels, strict=True):
        found.setdefault(label, []).append(point)
    return found


def line_handle(label: str, look: dict[str, Any]) -> Line2D:
    """A legend entry drawn like the line."""
    return Line2D([], [], label=label, **look)


def identify(point: Point) -> dict[str, Any]:
    """The columns that say which point a row of a table is about."""
    own = {"series": point["series"], "datapath": point["datapath"], "interrupts": point.get("interrupts", "")}
    return own | dict(point["parameters"])
