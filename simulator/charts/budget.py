"""The latency budget: mean latency of a delivered packet by stage of its path, wait and service apart.

*Scope*: means; stages as the datapaths declare them. *Validation*: tests/unit/test_charts.py: the bars are as long as the
mean latency.
"""

from __future__ import annotations

from typing import Any

from matplotlib.figure import Figure

from simulator.charts.caption import NOTHING, in_time
from simulator.charts.frame import identify
from simulator.charts.select import Point, View, few_rows
from simulator.charts.stacks import Bar, Panel, merged, spread, stacked

KEYS = ("service_us", "wait_us")
SHARES_FROM_RATIO = 20.0
"""Means further apart than that are drawn as shares, each row 100 %."""


def budget(shown: View) -> Figure:
    """Stacked bars in us: full colour for service, hatched for waiting."""
    metrics = {} if _shares_of(few_rows(shown).points) else {"latency.mean": 1.0}
    return stacked(shown, _panel, _seen, metrics)


def budget_rows(shown: View) -> list[dict[str, Any]]:
    """One row per point and stage: wait_us, service_us, share of the mean latency (0 to 1)."""
    return [
        identify(point)
        | {"stage": stage["name"], "wait_us": stage["wait_us"], "service_us": stage["service_us"]}
        | {"share": (stage["wait_us"] + stage["service_us"]) / mean if mean else None}
        for point in shown.points
        for mean in [_mean(point)]
        for stage in point["stages"]
    ]


def _mean(point: Point) -> float:
    mean: float = sum(stage["wait_us"] + stage["service_us"] for stage in point["stages"])
    return mean


def _shares_of(points: list[Point]) -> bool:
    means = [mean for point in points if (mean := _mean(point))]
    return bool(means) and max(means) > SHARES_FROM_RATIO * min(means)


def _panel(points: list[Point]) -> Panel:
    shares = _shares_of(points)
    bars = []
    for point in points:
        mean = _mean(point)
        scale = 100 / mean if shares and mean else 1.0
        parts = [(stage["name"], stage[key] * scale, key == "wait_us") for stage in point["stages"] for key in KEYS]
        low, high = (None, None) if shares else spread(point, "latency.mean")
        bars.append(Bar(parts, low, high, in_time(mean) if mean else "nothing delivered"))
    unit = "share of the mean latency, %" if shares else "mean latency, us"
    return Panel("Mean latency by stage (hatched: waiting)", unit, merged(bars))


def _seen(shown: View) -> str:
    pairs = [(_mean(point), label, point) for label, point in zip(shown.labels, shown.points, strict=True)]
    known = sorted((pair for pair in pairs if pair[0]), key=lambda pair: pair[0])
    if not known:
        return NOTHING
    ends = {"Lowest: ": known[0], "Highest: ": known[-1]} if len(known) > 1 else {"": known[0]}
    said = [f"{end}{label}, {_shares(mean, point)}." for end, (mean, label, point) in ends.items()]
    return " ".join(said)


def _shares(mean: float, point: Point) -> str:
    if not point["stages"]:
        return in_time(mean)
    largest = max(point["stages"], key=lambda stage: stage["wait_us"] + stage["service_us"])
    waiting = 100 * sum(stage["wait_us"] for stage in point["stages"]) / mean
    share = 100 * (largest["wait_us"] + largest["service_us"]) / mean
    return f"{waiting:.0f} % of it waiting, largest stage {largest['name']} ({share:.0f} %)"
