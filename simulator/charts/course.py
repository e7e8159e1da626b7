"""Throughput, mean latency and drops over time, with a line at everything that happened.

1. One line per guest where there is one point with up to `MOST_GUESTS` guests; else one per point, of all its traffic.
2. Every event is a grey upright line with a number; the caption says what the numbers are.
3. An interval in which nothing was delivered is zero on the left and a gap in the line of latencies.

*Scope*: one place of a sweep (see `select`). *Validation*: tests/charts compares its picture; tests/unit/test_charts.py draws it.
"""

from __future__ import annotations

from math import nan
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from simulator.charts import style
from simulator.charts.beside import Name
from simulator.charts.caption import NOTHING, delivered
from simulator.charts.frame import caption, finish, frame, identify, marked, nothing
from simulator.charts.scales import log_axis
from simulator.charts.select import Point, View, few_series, one_place

MOST_GUESTS = 8
SINGLE = "#"
EVENT = {"color": "#8C8C8C", "linewidth": 2, "linestyle": "--", "zorder": 1}
BPS_UNITS = ((1e9, "Gbit/s"), (1e6, "Mbit/s"), (1e3, "kbit/s"), (1.0, "bit/s"))
MBPS = BPS_UNITS[1]
_MS = 1000

Rows = list[dict[str, Any]]


def course(shown: View) -> Figure:
    """Throughput, mean latency in us and packets dropped per interval over time in ms, with an upright line at every event."""
    shown = one_place(shown)
    shown = few_series(shown, shown.labels)
    lines = _lines(shown)
    looks = style.series_looks([point for _, point, _ in lines], [name for name, _, _ in lines])
    lossy = any(row["dropped"] for _, _, rows in lines for row in rows)
    figure, axes = frame(shown.title, 3 if lossy else 2, wide=True, side=True)
    throughput, latency, side = axes[0], axes[1], axes[-1]
    size, unit = _unit([row["throughput_bps"] or 0 for _, _, rows in lines for row in rows])
    names = []
    for name, point, rows in lines:
        x = [row["start_s"] * _MS for row in rows]
        look = looks[name] | {"marker": "", "drawstyle": "steps-post"}
        throughput.plot(x, [(row["throughput_bps"] or 0) / size for row in rows], **look)
        latency.plot(x, [row["latency_mean_us"] or nan for row in rows], **look)
        names.append(Name(marked(name, [point]), look))
    if lossy:
        _drops(axes[2], shown)
    events = shown.points[0]["over_time"]["events"]
    for panel in axes[:-1]:
        _events(panel, events)
        panel.set_xlim(0, _end_ms(shown))
    log_axis(latency.yaxis)
    nothing(latency, shown)
    throughput.set_ylim(0, None if any(map(delivered, shown.points)) else 1)
    style.dress(throughput, "Delivered", "time, ms", unit)
    style.dress(latency, "Mean latency", "time, ms", "latency, us (log scale)")
    return finish(
        figure,
        [],
        caption(shown, _said(events), "" if any(map(delivered, shown.points)) else NOTHING),
        side=side,
        names=names,
    )


def course_rows(shown: View) -> Rows:
    """One row per point, guest (``all`` first) and interval."""
    return [
        identify(point) | {"guest": guest} | row
        for point in shown.points
        for guest, rows in {"all": point["over_time"]["all"], **point["over_time"]["guests"]}.items()
        for row in rows
    ]


def _end_ms(shown: View) -> float:
    """Where the last interval ends."""
    return max(
        float(point["over_time"]["all"][-1]["start_s"] + point["over_time"]["interval_s"]) * _MS
        for point in shown.points
    )


def _lines(shown: View) -> list[tuple[str, Point, Rows]]:
    if len(shown.points) == 1:
        (point,) = shown.points
        guests = point["over_time"]["guests"]
        single = {name: rows for name, rows in guests.items() if SINGLE in name} or guests
        if len(single) <= MOST_GUESTS:
            return [(name, point, rows) for name, rows in single.items()]
    pairs = zip(shown.labels, shown.points, strict=True)
    return [(label, point, point["over_time"]["all"]) for label, point in pairs]


def _drops(axes: Axes, shown: View) -> None:
    """Drops of each point: nobody knows whose packets they were."""
    looks = style.series_looks(shown.points, shown.labels)
    for label, point in zip(shown.labels, shown.points, strict=True):
        rows = point["over_time"]["all"]
        look = looks[label] | {"marker": "", "drawstyle": "steps-post"}
        if len(shown.points) == 1:
            look |= {"color": style.GREY, "linestyle": "-"}
        axes.plot([row["start_s"] * _MS for row in rows], [row["dropped"] for row in rows], **look)
    axes.set_ylim(bottom=0)
    style.dress(axes, "Dropped by all", "time, ms", "packets per interval")


def _events(axes: Axes, events: list[dict[str, Any]]) -> None:
    for number, event in enumerate(events, 1):
        at_ms = event["at_s"] * _MS
        axes.axvline(at_ms, **EVENT)  # type: ignore[arg-type]
        axes.annotate(
            str(number), (at_ms, 1), xycoords=("data", "axes fraction"), xytext=(4, -4), textcoords="offset points",
            fontsize=style.TICK_POINTS, va="top",
        )  # fmt: skip


def _said(events: list[dict[str, Any]]) -> str:
    said = [f"{number}: {event['what']} ({event['at_s'] * _MS:g} ms)" for number, event in enumerate(events, 1)]
    return "; ".join(said) + "." if said else "Nothing happened but the traffic."


def _unit(values: list[float]) -> tuple[float, str]:
    most = max(values, default=0)
    return next(((size, name) for size, name in BPS_UNITS if most >= size), BPS_UNITS[-1]) if most else MBPS
