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

from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from simulator import units
from simulator.charts import style
from simulator.charts.caption import shown_percentile
from simulator.charts.frame import caption, finish, frame, identify, line_handle, marked, replications
from simulator.charts.select import Point, View
from simulator.errors import InputError

FEWEST_LOADS = 3
LOSS_SHOWN = 0.001
LOGARITHMIC_FROM = 20
MPPS = 1e6


def load(shown: View) -> Figure:
    """Latency in us over offered load in million packets per second, one line per series, knees ringed."""
    found = lines(shown)
    upper = shown_percentile(shown.points)
    colours = style.series_colours([points[0] for points in found.values()], list(found))
    figure, (axes,) = frame(shown.title)
    handles = []
    for number, (label, points) in enumerate(found.items()):
        marker = style.MARKERS[number % len(style.MARKERS)]
        wide = style.width(number, len(found))
        look = {"color": colours[label], "marker": marker, "markersize": 8 + wide, "linewidth": wide}
        _line(axes, points, upper, look)
        place = knee(points)
        words = f"knee {_rate(points[place])}" if place is not None else "no knee yet"
        handles.append(line_handle(f"{marked(label, points)} ({words})", look))
    handles += [
        line_handle("knee", {"marker": "o", "linestyle": "", "markersize": 22, "mfc": "none", "mec": "#4D4D4D", "mew": 3}),
        line_handle(f"over {LOSS_SHOWN * 100:g} % lost", {"marker": "o", "linestyle": "", "markersize": 11, "mfc": "white", "mec": "#4D4D4D", "mew": 2.5}),
    ]  # fmt: skip
    _scales(axes, shown)
    style.dress(axes, f"Latency against load: {upper} (thin dots: p50)", "offered, million packets/s", "latency, us (log scale)")  # fmt: skip
    what = "Flat, then steep: beyond the knee latency grows faster than throughput. Knee: the measured load with the"
    how = "most delivered packets per second per us of mean latency (Kleinrock's power)."
    return finish(figure, handles, caption(shown, f"{what} {how} {replications(shown)}"), 2)


def load_rows(shown: View) -> list[dict[str, Any]]:
    """One row per series and load: rates, latencies with ranges, power (packets per second per us), is_knee."""
    return [
        identify(point) | _row(point) | {"power": power(point), "is_knee": place == knee(points)}
        for points in lines(shown).values()
        for place, point in enumerate(points)
    ]


def lines(shown: View) -> dict[str, list[Point]]:
    """Series -> its points by offered load. Raises InputError where the load was not swept."""
    loads = max(shown.swept, key=lambda name: len({p["parameters"][name] for p in shown.points}), default="")
    for name in shown.swept:
        if name.rpartition(".")[2] in ("rate", "load"):
            loads = name
    found: dict[str, list[Point]] = {}
    for point in shown.points:
        others = (f"{n.rpartition('.')[2]} {point['parameters'][n]}" for n in shown.swept if n != loads)
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
    """Place of the largest power among points in the order of their load; None if it is the last one."""
    best = max(range(len(points)), key=lambda place: power(points[place]))
    return best if best < len(points) - 1 else None


def _row(point: Point) -> dict[str, Any]:
    spread = point.get("ranges", {}).get("latency.p99") or {"min": None, "max": None}
    return {
        "offered_pps": point["offered_pps"], "delivered_pps": point["delivered_pps"], "loss_ratio": point["loss_ratio"],
        "latency_mean_us": point["latency_us"]["mean"], "latency_p50_us": point["latency_us"]["p50"],
        "latency_p99_us": point["latency_us"]["p99"], "latency_p99_us_min": spread["min"],
        "latency_p99_us_max": spread["max"],
    }  # fmt: skip


def _line(axes: Axes, points: list[Point], upper: str, look: dict[str, Any]) -> None:
    for metric, own in ((upper, {}), ("p50", {"linestyle": ":", "linewidth": 2, "marker": ""})):
        known = [p for p in points if p["latency_us"][metric] is not None]
        axes.plot([p["offered_pps"] / MPPS for p in known], [p["latency_us"][metric] for p in known], **(look | own))
    place = knee(points)
    for number, point in enumerate(points):
        x, y = (point["offered_pps"] or 0) / MPPS, point["latency_us"][upper]
        if y is None:
            continue
        spread = point.get("ranges", {}).get(f"latency.{upper}")
        if spread and spread["min"] is not None:
            axes.plot([x, x], [spread["min"], spread["max"]], color=look["color"], alpha=0.35, linewidth=13, solid_capstyle="butt")  # fmt: skip
        if (point["loss_ratio"] or 0) > LOSS_SHOWN:
            axes.plot(
                x, y, look["marker"], color="white", mec=look["color"], mew=2.5, markersize=look["markersize"], zorder=3
            )
        if number == place:
            axes.plot(x, y, "o", mfc="none", mec=look["color"], mew=3, markersize=15 + look["markersize"], zorder=4)


def _scales(axes: Axes, shown: View) -> None:
    offered = [p["offered_pps"] / MPPS for p in shown.points if p["offered_pps"]]
    if offered and max(offered) > LOGARITHMIC_FROM * min(offered):
        axes.set_xscale("log")
        style.plain_log(axes.xaxis, wide=True)
    else:
        axes.set_xlim(left=0)
    axes.set_yscale("log")
    style.plain_log(axes.yaxis, wide=True)


def _rate(point: Point) -> str:
    return units.format_packet_rate((point["offered_pps"] or 0) * 1000)
