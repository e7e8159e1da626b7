"""Latency against offered load, with the knee of each series.

The knee is the measured load with the largest *power*: delivered packets per second over mean latency. There a line from
the origin touches the curve of latency over throughput from below: with less load, throughput grows faster than
latency; with more, latency grows faster than throughput (Kleinrock, "Power and deterministic rules of thumb for
probabilistic problems in computer communications", ICC 1979). The definition has no free parameter. A knee at the
highest measured load is none: the sweep ends before it.

*Scope*: as fine as the sweep; nothing is interpolated. *Validation*: tests/unit/test_charts.py: M/M/1 has its knee at
half load, M/D/1 at 2 - sqrt(2).
"""

from __future__ import annotations

from math import nan
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from simulator import units
from simulator.charts import style
from simulator.charts.beside import Name
from simulator.charts.caption import NOTHING, delivered, missing, shown_percentile, unsteady
from simulator.charts.frame import caption, finish, frame, identify, line_handle, marked, nothing, replications
from simulator.charts.limits import across, limits
from simulator.charts.marks import crosses, ends, hollow_point, pale_bar, whisker
from simulator.charts.scales import Unit, log_axis, logarithmic, rate_unit
from simulator.charts.select import Point, View, few_series
from simulator.errors import InputError

FEWEST_LOADS = 3
LOSS_SHOWN = 0.001
RING: dict[str, Any] = {"marker": "o", "linestyle": "", "markerfacecolor": "none", "markeredgewidth": 3}


def load(shown: View) -> Figure:
    """Latency in us over the offered load in the unit of the sweep, one line per series, knees ringed."""
    every = lines(shown)
    names_of = {id(point): label for label, points in every.items() for point in points}
    shown = few_series(shown, [names_of[id(point)] for point in shown.points])
    found = {label: every[label] for label in dict.fromkeys(names_of[id(point)] for point in shown.points)}
    upper, unit = shown_percentile(shown.points), rate_unit(shown.points)
    looks = style.series_looks([points[0] for points in found.values()], list(found))
    figure, (axes, side) = frame(shown.title, side=True)
    names = [_line(axes, label, points, (upper, unit), looks[label], few=len(found) <= style.FEW_SERIES) for label, points in found.items()]  # fmt: skip
    across(axes, limits(shown.thresholds), shown.points, f"latency.{upper}")
    for label, points in found.items():
        crosses(axes, [unit.of(p["offered_pps"] or 0) for p in points if p["latency_us"][upper] is None], looks[label])
    _scales(axes, shown, unit)
    nothing(axes, shown)
    beside = " (thin dots: p50)" if len(found) <= style.FEW_SERIES else ""
    style.dress(axes, f"Latency against load: {upper}{beside}", f"offered, {unit.name}", "latency, us (log scale)")
    knees = [label for label, points in found.items() if knee(points) is not None]
    text = caption(shown, _seen(shown, knees), missing(shown.points, upper), replications(shown))
    return finish(figure, _keys(shown, knees), text, side=side, names=names)


def load_rows(shown: View) -> list[dict[str, Any]]:
    """One row per series and load: rates, latencies with ranges, power (packets per second per us), is_knee."""
    return [
        identify(point) | _row(point) | {"power": power(point), "is_knee": place == knee(points)}
        for points in lines(shown).values()
        for place, point in enumerate(points)
    ]


def lines(shown: View) -> dict[str, list[Point]]:
    """Series -> its points by offered load. Raises InputError where the load was not swept."""
    loads = max(shown.swept, key=lambda name: len({p["parameters"].get(name) for p in shown.points}), default="")
    for name in shown.swept:
        if name.rpartition(".")[2] in ("rate", "load"):
            loads = name
    found: dict[str, list[Point]] = {}
    for point in shown.points:
        others = (f"{n.rpartition('.')[2]} {point['parameters'].get(n, '-')}" for n in shown.swept if n != loads)
        found.setdefault(", ".join([point["series"] or point["datapath"], *others]), []).append(point)
    found = {label: sorted(points, key=lambda p: p["offered_pps"] or 0) for label, points in found.items()}
    if max(len({p["offered_pps"] for p in points}) for points in found.values()) < FEWEST_LOADS:
        place = "sweep"
        raise InputError(place, f"the chart 'load' needs {FEWEST_LOADS} offered loads or more: sweep traffic.*.rate")
    return found


def power(point: Point) -> float:
    """Kleinrock's power: delivered packets per second over mean latency in us; 0 where nothing was delivered."""
    mean = point["latency_us"]["mean"]
    return (point["delivered_pps"] or 0) / mean if mean else 0.0


def knee(points: list[Point]) -> int | None:
    """Place of the largest power among points in the order of their load; None if it is the last one, or nothing was
    delivered."""
    best = max(range(len(points)), key=lambda place: power(points[place]))
    return best if best < len(points) - 1 and power(points[best]) else None


def _row(point: Point) -> dict[str, Any]:
    low, high = ends(point, "latency.p99") or (None, None)
    return {
        "offered_pps": point["offered_pps"], "delivered_pps": point["delivered_pps"], "loss_ratio": point["loss_ratio"],
        "latency_mean_us": point["latency_us"]["mean"], "latency_p50_us": point["latency_us"]["p50"],
        "latency_p99_us": point["latency_us"]["p99"], "latency_p99_us_low": low,
        "latency_p99_us_high": high,
    }  # fmt: skip


def _line(
    axes: Axes, label: str, points: list[Point], what: tuple[str, Unit], look: dict[str, Any], *, few: bool
) -> Name:
    """One series; its name, joined to its last value."""
    upper, unit = what
    own = {"linestyle": ":", "linewidth": 2, "marker": ""}
    for metric, how in ((upper, {}), *([("p50", own)] if few and upper != "p50" else [])):
        values = [nan if p["latency_us"][metric] is None else p["latency_us"][metric] for p in points]
        axes.plot([unit.of(p["offered_pps"] or 0) for p in points], values, **(look | how))
    place = knee(points)
    for number, point in enumerate(points):
        x, y = unit.of(point["offered_pps"] or 0), point["latency_us"][upper]
        if y is None:
            continue
        _mark(axes, (x, y), point, upper, look)
        if number == place:
            axes.plot(x, y, color=look["color"], markersize=15 + look["markersize"], zorder=4, **RING)
    known = [p for p in points if p["latency_us"][upper] is not None]
    end = (unit.of(known[-1]["offered_pps"] or 0), known[-1]["latency_us"][upper]) if known else None
    ringed = f" (knee {_rate(points[place])})" if place is not None else "" if known else ": nothing delivered"
    return Name(marked(label, points) + ringed, look, axes, end)


def _mark(axes: Axes, place: tuple[float, float], point: Point, upper: str, look: dict[str, Any]) -> None:
    """Range, loss and unsteadiness of one point."""
    (x, y), size = place, look["markersize"]
    if reach := ends(point, f"latency.{upper}"):
        pale_bar(axes, [x, x], reach, look["color"])
    whisker(axes, point, f"latency.{upper}", x, look["color"])
    if unsteady(point):
        hollow_point(axes, x, y, look)
    if (point["loss_ratio"] or 0) > LOSS_SHOWN:
        axes.plot(x, y, "|", color=look["color"], mew=2.5, markersize=size + 18, zorder=3.5)


def _keys(shown: View, knees: list[str]) -> list[Any]:
    own = {"color": style.INK, "markeredgecolor": style.INK}
    found = [line_handle("knee", RING | own | {"markersize": 20})] if knees else []
    if any((point["loss_ratio"] or 0) > LOSS_SHOWN for point in shown.points):
        found.append(
            line_handle(
                f"over {LOSS_SHOWN * 100:g} % lost",
                own | {"marker": "|", "linestyle": "", "markersize": 22, "mew": 2.5},
            )
        )
    if any(map(unsteady, shown.points)):
        found.append(
            line_handle(
                "not steady", own | {"marker": "o", "linestyle": "", "markersize": 12, "mfc": "white", "mew": 2.5}
            )
        )
    return found


def _seen(shown: View, knees: list[str]) -> str:
    if not any(map(delivered, shown.points)):
        return NOTHING
    if not knees:
        return "No series has a knee among the measured loads: none of them has its best load before its last."
    return (
        "Flat, then steep: beyond the knee latency grows faster than throughput. Knee: the measured load with the most "
        "delivered packets per second per us of mean latency (Kleinrock's power)."
    )


def _scales(axes: Axes, shown: View, unit: Unit) -> None:
    offered = [unit.of(p["offered_pps"]) for p in shown.points if p["offered_pps"]]
    if logarithmic(offered):
        log_axis(axes.xaxis)
    else:
        axes.set_xlim(left=0)
    log_axis(axes.yaxis)


def _rate(point: Point) -> str:
    return units.format_packet_rate((point["offered_pps"] or 0) * 1000)
