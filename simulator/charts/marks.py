"""Marks that mean the same in every chart of lines: a hollow point, a cross at the edge, a pale bar, a whisker.

*Scope*: single points. *Validation*: tests/charts/test_marks.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes


def hollow_point(axes: Axes, x: float, y: float, look: dict[str, Any]) -> None:
    """The marker of a point that is no steady state."""
    axes.plot(x, y, look["marker"], color="white", mec=look["color"], mew=2.5, markersize=look["markersize"], zorder=3)


def crosses(axes: Axes, places: Sequence[float], look: dict[str, Any]) -> None:
    """A cross at the lower edge at each place where the series has no value."""
    if places:
        how = {
            "color": look["color"],
            "markersize": 14,
            "markeredgewidth": 3.5,
            "transform": axes.get_xaxis_transform(),
        }
        axes.plot(places, [0.04] * len(places), "x", **how)


def interval(point: Mapping[str, Any], metric: str) -> tuple[float, float] | None:
    """The 95 % interval of a metric; None without one. One that reaches below 0 begins at the smallest replication, or at a tenth of its
    upper end: an axis may have logarithms."""
    found = point.get("ranges", {}).get(metric) or {}
    low, high = found.get("low"), found.get("high")
    if low is None or high is None:
        return None
    return (low if low > 0 else found.get("min") or high / 10, high)


def ends(point: Mapping[str, Any], metric: str) -> tuple[float, float] | None:
    """What a pale bar covers: the interval of a metric; where it has none, the extremes of the replications; None without either."""
    found = point.get("ranges", {}).get(metric) or {}
    low, high = found.get("min"), found.get("max")
    return interval(point, metric) or (None if low is None or high is None else (low, high))


def pale_bar(axes: Axes, x: Sequence[float], y: Sequence[float], colour: str, width: float = 13) -> None:
    """What `ends` says, along x or y."""
    axes.plot(x, y, color=colour, alpha=0.35, linewidth=width, solid_capstyle="butt", zorder=1.5)


def whisker(
    axes: Axes, point: Mapping[str, Any], metric: str, place: float, colour: str, *, flat: bool = False
) -> None:
    """The 90 % interval of a metric over the ranges of the costs, where a point has one; ``flat`` along x."""
    ends = point.get("uncertainty", {}).get("metrics", {}).get(metric) or {"low": None, "high": None}
    if ends["low"] is None or ends["high"] is None:
        return
    along, across = [ends["low"], ends["high"]], [place, place]
    x, y, cap = (along, across, "|") if flat else (across, along, "_")
    axes.plot(x, y, color=colour, linewidth=1.8, marker=cap, markersize=14, markeredgewidth=1.8, zorder=1.6)
