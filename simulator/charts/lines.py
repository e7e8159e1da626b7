"""The chart of a sweep: latency, loss and cores against the swept parameter, one line per series.

1. Quantities with units become a numeric axis, logarithmic where the values span more than a factor of 20; anything else
   is spread evenly in the order of the sweep.
2. The panel of losses is left out where nothing is lost; its axis runs from "none" to 100 %, so that neither a collapse
   nor a hundred lines without loss lie on the floor.
3. Cores: everything that was awake, and, dotted, without polling.

*Scope*: the first swept parameter is the axis; further ones become part of the series' names.
*Validation*: tests/unit/test_charts.py, tests/charts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import log, nan

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter, NullLocator

from simulator.charts import style
from simulator.charts.beside import Name
from simulator.charts.caption import (
    delivered,
    missing,
    most_different,
    point_label,
    shown_percentile,
    unsteady,
    what_to_see,
)
from simulator.charts.frame import caption, finish, frame, marked, nothing, replications
from simulator.charts.limits import across, limits
from simulator.charts.marks import crosses, ends, hollow_point, pale_bar, whisker
from simulator.charts.scales import axis_name, log_axis, logarithmic, loss_axis, loss_place, number
from simulator.charts.select import Point, View, few_series

MOST_TICKS = 10
LOSS_SAID_FROM = 1e-6
Value = Callable[[Point], float | None]


def sweep_chart(shown: View, axis: str, others: tuple[str, ...]) -> Figure:
    """`axis` is the swept parameter on the horizontal axis; `others` are named beside the lines."""
    shown = few_series(shown, [point_label(point, others) for point in shown.points])
    labels = [point_label(point, others) for point in shown.points]
    found: dict[str, list[Point]] = {}
    for point, label in zip(shown.points, labels, strict=True):
        found.setdefault(label, []).append(point)
    looks = style.series_looks([points[0] for points in found.values()], list(found))
    ticks = place_of(list(dict.fromkeys(point["parameters"].get(axis, "-") for point in shown.points)))
    lossy = any((point["loss_ratio"] or 0) > LOSS_SAID_FROM for point in shown.points)
    figure, axes = frame(shown.title, 3 if lossy else 2, wide=True, side=True)
    latency, cores, side = axes[0], axes[-2], axes[-1]
    upper, few = shown_percentile(shown.points), len(found) <= style.FEW_SERIES
    names = []
    for label, points in found.items():
        x = [ticks[point["parameters"].get(axis, "-")] for point in points]
        thin = looks[label] | {"linestyle": ":", "marker": "", "linewidth": 2}
        _line(latency, x, points, lambda p: p["latency_us"][upper], looks[label], f"latency.{upper}")
        if few and upper != "p50":
            _line(latency, x, points, lambda p: p["latency_us"]["p50"], thin)
        if lossy:
            _line(axes[1], x, points, lambda p: loss_place(p["loss_ratio"]), looks[label])
        _line(cores, x, points, awake, looks[label])
        if few and any(point.get("polling_cores") for point in points):
            _line(cores, x, points, working, thin)
        names.append(_name(label, points, looks[label], (cores, x)))
    thresholds = limits(shown.thresholds)
    across(latency, thresholds, shown.points, f"latency.{upper}")
    _mark(axes[:-1], ticks)
    log_axis(latency.yaxis)
    nothing(latency, shown)
    for label, points in found.items():
        crosses(
            latency,
            [ticks[p["parameters"].get(axis, "-")] for p in points if p["latency_us"][upper] is None],
            looks[label],
        )
    style.dress(
        latency,
        f"Latency: {upper}{' (dotted: p50)' if few and upper != 'p50' else ''}",
        axis_name(axis),
        "latency, us (log scale)",
    )
    if lossy:
        loss_axis(axes[1])
        across(axes[1], thresholds, shown.points, "loss_ratio")
        style.dress(axes[1], "Lost, % of the offered", axis_name(axis), "lost, % (log scale)")
    polls = few and any(point.get("polling_cores") for point in shown.points)
    style.dress(cores, f"Cores busy{' (dotted: not polling)' if polls else ''}", axis_name(axis), "cores")
    cores.set_ylim(bottom=0)
    text = caption(
        shown,
        _seen(shown, labels, axis),
        "" if lossy else "No packet was dropped.",
        missing(shown.points, upper),
        replications(shown),
    )
    return finish(figure, [], text, side=side, names=names)


def awake(point: Point) -> float | None:
    """Cores that were not idle: work and polling."""
    polling = point.get("polling_cores")
    busy = working(point)
    return busy if polling is None or busy is None else busy + polling


def working(point: Point) -> float | None:
    """Cores that did something for host or guests; of an older document what kept them busy."""
    keys = (
        ("host_work_cores", "guest_work_cores")
        if point.get("polling_cores") is not None
        else ("host_cores_busy", "guest_cores_busy")
    )
    parts = [point[key] for key in keys]
    return None if None in parts else float(sum(parts))


def _line(axes: Axes, x: list[float], points: list[Point], value: Value, look: style.Look, metric: str = "") -> None:
    """A line that is broken where a point has no value."""
    order = sorted(range(len(points)), key=lambda n: x[n])
    values = {n: value(points[n]) for n in order}
    axes.plot([x[n] for n in order], [nan if (y := values[n]) is None else y for n in order], **look)
    for n, y in values.items():
        if y is None:
            continue
        place = x[n]
        if reach := ends(points[n], metric):
            pale_bar(axes, [place, place], reach, look["color"], 8)
        whisker(axes, points[n], metric, place, look["color"])
        if unsteady(points[n]) and look["marker"]:
            hollow_point(axes, place, y, look)


def _name(label: str, points: list[Point], look: style.Look, where: tuple[Axes, list[float]]) -> Name:
    """The name of a series, joined to its last number of cores: the panel beside which it stands."""
    axes, x = where
    known = [(place, value) for place, point in zip(x, points, strict=True) if (value := awake(point)) is not None]
    text = marked(label, points) if any(map(delivered, points)) else f"{marked(label, points)}: nothing delivered"
    return Name(text, look, axes, max(known) if known else None)


def place_of(values: list[str]) -> dict[str, float]:
    """Place of every value on the axis."""
    numbers = [number(value) for value in values]
    if any(found is None for found in numbers):
        return {value: float(place) for place, value in enumerate(values)}
    return {value: float(found) for value, found in zip(values, numbers, strict=True) if found is not None}


def _mark(panels: list[Axes], ticks: Mapping[str, float]) -> None:
    logs = len(ticks) > 1 and logarithmic(ticks.values())
    chosen = _apart({text: log(place) if logs else place for text, place in ticks.items()})
    for axes in panels:
        if logs:
            axes.set_xscale("log")
        axes.xaxis.set_minor_locator(NullLocator())
        axes.xaxis.set_minor_formatter(NullFormatter())
        axes.set_xticks(
            [ticks[text] for text in chosen], labels=chosen, rotation=35, ha="right", rotation_mode="anchor"
        )


def _apart(places: Mapping[str, float]) -> list[str]:
    """The ticks that leave room for their labels, from the highest down."""
    gap = (max(places.values()) - min(places.values())) / MOST_TICKS
    chosen: list[str] = []
    for name in sorted(places, key=lambda name: -places[name]):
        if not chosen or places[chosen[-1]] - places[name] >= gap:
            chosen.append(name)
    return chosen[::-1]


def _seen(shown: View, labels: list[str], axis: str) -> str:
    widest = most_different(shown.points, axis)
    there = [pair for pair in zip(shown.points, labels, strict=True) if pair[0]["parameters"].get(axis, "-") == widest]
    seen = what_to_see([point for point, _ in there], [label for _, label in there])
    return f"At {axis.rpartition('.')[2]} {widest}: {seen}" if any(map(delivered, shown.points)) else seen
