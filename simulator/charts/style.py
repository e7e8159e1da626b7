"""How charts look: large type for a lecture hall, one fixed colour-blind safe colour per path, units on every axis.

The palette is Okabe and Ito's (2008), distinguishable with all common colour deficiencies and on a projector.

*Scope*: colours, fonts, labels. *Validation*: tests/unit/test_charts.py (no two known paths share a colour;
luminances differ).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.colors import to_hex, to_rgb
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

BLACK, ORANGE, SKY, GREEN, YELLOW, BLUE, VERMILLION, PURPLE = (
    "#000000", "#E69F00", "#56B4E9", "#009E73", "#F0E442", "#0072B2", "#D55E00", "#CC79A7",
)  # fmt: skip
GREY = "#8C8C8C"
OLIVE = "#999933"
"""In place of yellow, which vanishes as a line on white (Paul Tol's muted scheme)."""

PATH_COLOURS = {
    ("native", ""): BLACK,
    ("sriov-vf", "posted"): BLUE,
    ("sriov-vf", "apicv"): SKY,
    ("sriov-vf", "legacy"): VERMILLION,
    ("sriov-vf", "poll"): GREEN,
    ("vhost-net", ""): ORANGE,
    ("virtio-qemu", ""): PURPLE,
    ("vhost-user", ""): OLIVE,
    ("emulated-e1000", ""): GREY,
}
"""Colour of (datapath, interrupt mode); the mode is "" where it does not distinguish paths."""
STAGE_COLOURS = (BLUE, ORANGE, GREEN, VERMILLION, SKY, PURPLE, YELLOW, GREY, "#4D4D4D", "#B2DF8A", "#6A3D9A", "#A6761D")
OTHER_COLOURS = (PURPLE, ORANGE, SKY, VERMILLION, GREEN, BLUE, OLIVE, GREY)

TITLE_POINTS = 22
LABEL_POINTS = 17
TICK_POINTS = 15
CAPTION_POINTS = 15
LOG_LABELS = ((12, (1, 1.5, 2, 3, 5, 7)), (200, (1, 2, 5)), (float("inf"), (1,)))
"""Span of the axis (highest over lowest) -> labelled multiples of each power of ten."""


def colour_of(point: Mapping[str, Any]) -> str | None:
    """The fixed colour of a point's path, or None if the path has none."""
    path, mode = point["datapath"], point.get("interrupts", "")
    return PATH_COLOURS.get((path, mode)) or PATH_COLOURS.get((path, ""))


def series_colours(points: list[dict[str, Any]], labels: list[str]) -> dict[str, str]:
    """A colour for every label: its path's own, unless that is unknown or another label has it already."""
    colours: dict[str, str] = {}
    for point, label in zip(points, labels, strict=True):
        if label not in colours:
            wanted = colour_of(point)
            free = [c for c in OTHER_COLOURS if c not in colours.values()] or list(OTHER_COLOURS)
            colours[label] = wanted if wanted and wanted not in colours.values() else free[0]
    return colours


def stage_looks(names: list[str]) -> dict[str, dict[str, Any]]:
    """Fill of each stage; hatched where the colours begin again."""
    count = len(STAGE_COLOURS)
    return {
        name: {"facecolor": STAGE_COLOURS[i % count], "edgecolor": "white", "hatch": "" if i < count else "///"}
        for i, name in enumerate(names)
    }


def pale(colour: str) -> str:
    """The colour of waiting: two thirds of the way to white."""
    red, green, blue = (1 - (1 - part) / 3 for part in to_rgb(colour))
    return to_hex((red, green, blue))


def dress(axes: Axes, title: str, x_label: str, y_label: str = "", grid: Literal["both", "x", "y"] = "both") -> None:
    """Give axes their title, labels with units, grid and type sizes."""
    axes.set_title(title, fontsize=LABEL_POINTS, fontweight="bold", loc="left", pad=10)
    axes.set_xlabel(x_label, fontsize=LABEL_POINTS)
    axes.set_ylabel(y_label, fontsize=LABEL_POINTS)
    axes.tick_params(labelsize=TICK_POINTS)
    axes.grid(visible=True, which="major", axis=grid, color="#D9D9D9", linewidth=0.8)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)


def plain_log(axis: Axis) -> None:
    """Label a logarithmic axis in plain digits, the more of them the less of a decade it shows."""
    low, high = axis.get_view_interval()
    subs = next(subs for span, subs in LOG_LABELS if high < span * low)
    axis.set_major_locator(LogLocator(subs=subs, numticks=12))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}"))
    axis.set_minor_formatter(NullFormatter())
