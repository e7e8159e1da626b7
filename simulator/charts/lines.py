"""The chart of a sweep: latency, throughput with loss, and cores against the swept parameter, one line per series.

Quantities with units become a numeric axis, logarithmic where the values span more than a factor of 20; anything else
is spread evenly in the order of the sweep.

*Scope*: the first swept parameter is the axis; further ones become part of the series' names.
*Validation*: tests/unit/test_charts.py.
"""

from __future__ import annotations

from collections.abc import Callable
from math import log
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import NullFormatter

from simulator import units
from simulator.charts import style
from simulator.charts.caption import (
    MARK,
    cost_note,
    most_different,
    point_label,
    rests_on_weak_costs,
    shown_percentile,
    what_to_see,
    wrapped,
)

LOGARITHMIC_FROM = 20
MOST_TICKS = 10
Value = Callable[[dict[str, Any]], float | None]


def sweep_chart(title: str, points: list[dict[str, Any]], axis: str, others: tuple[str, ...]) -> Figure:
    """`axis` is the swept parameter on the horizontal axis; `others` are named in the legend."""
    labels = [point_label(point, others) for point in points]
    colours = style.series_colours(points, labels)
    figure = Figure(figsize=(19.2, 10.8), dpi=100, layout="constrained")
    figure.get_layout_engine().set(rect=(0.005, 0.10, 0.99, 0.80), w_pad=0.15)  # type: ignore[union-attr,call-arg]
    figure.suptitle(title, fontsize=style.TITLE_POINTS, fontweight="bold", x=0.01, ha="left")
    upper = shown_percentile(points)
    latency, rate, cores = figure.subplots(1, 3)
    ticks = _ticks(list(dict.fromkeys(point["parameters"][axis] for point in points)))
    for number, label in enumerate(colours):
        mine = [point for point, name in zip(points, labels, strict=True) if name == label]
        look = {
            "color": colours[label],
            "marker": style.MARKERS[number % len(style.MARKERS)],
            "markersize": 9,
            "linewidth": 2.5,
        }
        x = [ticks[point["parameters"][axis]] for point in mine]
        _line(latency, x, mine, lambda p: p["latency_us"][upper], look, f"latency.{upper}")
        _line(latency, x, mine, lambda p: p["latency_us"]["p50"], look | {"linestyle": ":", "markersize": 5})
        _line(rate, x, mine, lambda p: _mpps(p["delivered_pps"]), look)
        _line(rate, x, mine, lambda p: _mpps(p["offered_pps"]), {"color": "#B0B0B0", "linewidth": 1.5, "zorder": 1})
        _line(cores, x, mine, lambda p: p["host_cores_busy"], look, "host_cores_busy")
        _line(cores, x, mine, lambda p: p["guest_cores_busy"], look | {"linestyle": ":", "markersize": 5})
    latency.set_yscale("log")
    style.plain_log(latency.yaxis)
    name = axis.rpartition(".")[2]
    style.dress(latency, f"Latency: {upper} (dotted: p50)", name, "latency, us (log scale)")
    style.dress(rate, "Delivered (grey: offered)", name, "packets, million/s")
    style.dress(cores, "Cores busy: host (dotted: guests)", name, "cores")
    for axes in (rate, cores):
        axes.set_ylim(bottom=0)
    for axes in (latency, rate, cores):
        _mark_ticks(axes, ticks)
    _legend(figure, points, labels, colours)
    widest = most_different(points, axis)
    there = [(point, label) for point, label in zip(points, labels, strict=True) if point["parameters"][axis] == widest]
    seen = f"At {name} {widest}: " + what_to_see([point for point, _ in there], [label for _, label in there])
    text = wrapped([seen, cost_note(points)], 150)
    figure.text(0.01, 0.012, text, fontsize=style.CAPTION_POINTS, va="bottom", linespacing=1.3)
    return figure


def _line(
    axes: Axes, x: list[float], points: list[dict[str, Any]], value: Value, look: dict[str, Any], metric: str = ""
) -> None:
    known = sorted((place, y, point) for place, point in zip(x, points, strict=True) if (y := value(point)) is not None)
    axes.plot([place for place, _, _ in known], [y for _, y, _ in known], **look)
    for place, _, point in known:
        spread = point.get("ranges", {}).get(metric)
        if spread and spread["min"] is not None:
            axes.plot([place, place], [spread["min"], spread["max"]], color=look["color"], alpha=0.35, linewidth=8)


def _mpps(rate: float | None) -> float | None:
    return None if rate is None else rate / 1e6


def _ticks(values: list[str]) -> dict[str, float]:
    """Place of every value on the axis."""
    numbers = [_number(value) for value in values]
    if any(number is None for number in numbers):
        return {value: float(place) for place, value in enumerate(values)}
    return {value: float(number) for value, number in zip(values, numbers, strict=True) if number is not None}


def _number(text: str) -> float | None:
    dimension = units.dimension_of(text)
    if dimension is not None:
        return float(units.parse(text, dimension))
    try:
        return float(text)
    except ValueError:
        return None


def _mark_ticks(axes: Axes, ticks: dict[str, float]) -> None:
    positive = [place for place in ticks.values() if place > 0]
    logarithmic = len(positive) == len(ticks) > 1 and max(positive) > LOGARITHMIC_FROM * min(positive)
    if logarithmic:
        axes.set_xscale("log")
    axes.xaxis.set_minor_formatter(NullFormatter())
    chosen = _apart({name: log(place) if logarithmic else place for name, place in ticks.items()})
    axes.set_xticks([ticks[name] for name in chosen], labels=chosen, rotation=35, ha="right", rotation_mode="anchor")


def _apart(places: dict[str, float]) -> list[str]:
    """The ticks that leave room for their labels, from the highest down."""
    gap = (max(places.values()) - min(places.values())) / MOST_TICKS
    chosen: list[str] = []
    for name in sorted(places, key=lambda name: -places[name]):
        if not chosen or places[chosen[-1]] - places[name] >= gap:
            chosen.append(name)
    return chosen[::-1]


def _legend(figure: Figure, points: list[dict[str, Any]], labels: list[str], colours: dict[str, str]) -> None:
    weak = {label for label, point in zip(labels, points, strict=True) if rests_on_weak_costs(point)}
    handles = [
        Line2D([], [], color=colour, marker=style.MARKERS[i % len(style.MARKERS)], markersize=10, linewidth=2.5,
               label=label + (f" {MARK}" if label in weak else ""))
        for i, (label, colour) in enumerate(colours.items())
    ]  # fmt: skip
    figure.legend(
        handles=handles, loc="upper left", bbox_to_anchor=(0.0, 0.955), ncols=min(5, len(handles)), frameon=False,
        fontsize=style.LABEL_POINTS,
    )  # fmt: skip
