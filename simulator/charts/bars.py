"""The chart of a comparison: per point, latency percentiles, where the mean latency goes, and what it costs in cores.

1. Left: percentiles on a logarithmic axis; the pale bar is the 95 % interval; hollow: no steady state.
2. Middle: the stages of the mean latency, waiting hatched; as shares where the points differ too much for one scale.
3. Right: cores on one axis, host, guests and polling, with the total, VM exits per packet and loss behind.

Rows are named in words, not in colours: colours are for stages.

*Scope*: up to `select.MOST_ROWS` points. *Validation*: tests/unit/test_charts.py.
"""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from simulator.charts import style
from simulator.charts.caption import delivered, in_time, unsteady, what_to_see
from simulator.charts.frame import PLOT_INCHES, caption, finish, frame, replications
from simulator.charts.limits import at_rows, limits, said
from simulator.charts.marks import ends, whisker
from simulator.charts.scales import log_axis, percent
from simulator.charts.select import MOST_ROWS, Point, View
from simulator.charts.stacks import (
    AROUND_INCHES,
    Bar,
    Panel,
    draw_bars,
    merged,
    part_handles,
    row_inches,
    row_names,
    rows,
    visible,
)
from simulator.words import inches

SHARES_FROM_RATIO = 6.0
MARKERS = {"p50": "o", "p90": "s", "p99": "D", "p99.9": "^"}
ROW_INCHES = 0.66
NAME_CELLS = 26
RATIOS = (1.25, 1.35, 1.05)
SIDES = ("host_work", "guest_work", "polling")


def comparison_chart(shown: View) -> Figure:
    """One row per point, in order."""
    points, labels = shown.points[:MOST_ROWS], shown.labels[:MOST_ROWS]
    names, more = row_names(labels, points, NAME_CELLS)
    figure, (left, middle, right) = frame(shown.title, 3, wide=True, more_inches=more, ratios=RATIOS, sharey=True)
    unit_inches = (figure.get_figwidth() - max(inches(name, style.TICK_POINTS) for name in names) - 1.2) / sum(RATIOS)
    texts = _limits(left, right, shown, points)
    _percentiles(left, points)
    stages = _stage_panel(points)
    looks = style.part_looks(visible(stages))
    named = draw_bars(middle, stages, looks, unit_inches * RATIOS[1])
    cores = Panel("Cores", "cores busy", [_core_bar(point) for point in points])
    draw_bars(right, cores, style.part_looks(SIDES), unit_inches * RATIOS[2])
    rows(left, names)
    note = f"{len(shown.points) - len(points)} further points are not shown." if len(points) < len(shown.points) else ""
    handles = [
        *_marker_keys(points),
        *part_handles(stages, {n: look for n, look in looks.items() if n not in named}, "waiting"),
        *_core_keys(cores),
    ]
    height = max(PLOT_INCHES, AROUND_INCHES + max(ROW_INCHES, row_inches(names)) * len(points))
    text = caption(shown, what_to_see(points, labels), said(texts), replications(shown), note)
    return finish(figure, handles, text, plot_inches=height)


WHISKERS_FROM, WHISKERS_APART = 0.16, 0.08
"""Rows by which the intervals over the costs stand beside their symbols, and apart from each other."""


def _percentiles(axes: Axes, points: list[Point]) -> None:
    for row, point in enumerate(points):
        latency = point["latency_us"]
        found = {name: value for name in MARKERS if (value := latency.get(name))}
        if found:
            axes.plot(list(found.values()), [row] * len(found), color=style.GREY, linewidth=2.5, zorder=2)
        for number, (name, value) in enumerate(found.items()):
            _range(axes, row, ends(point, f"latency.{name}"))
            whisker(axes, point, f"latency.{name}", row + WHISKERS_FROM + number * WHISKERS_APART, style.INK, flat=True)
            fill = "white" if unsteady(point) else style.INK
            axes.plot(value, row, MARKERS[name], color=style.INK, markersize=12, markerfacecolor=fill, mew=2, zorder=3)
        if latency["mean"]:
            axes.plot(latency["mean"], row, "|", color=style.INK, markersize=26, markeredgewidth=2.5, zorder=2)
    log_axis(axes.xaxis)
    for row, point in enumerate(points):
        if not delivered(point):
            axes.text(
                0.02, row, "nothing delivered", fontsize=style.TICK_POINTS, va="center", transform=axes.get_yaxis_transform(), zorder=6,
                bbox=style.PAPER | {"alpha": 1.0},
            )  # fmt: skip
    style.dress(axes, "Latency", "latency, us (log scale)", grid="x")


def _range(axes: Axes, row: int, reach: tuple[float, float] | None) -> None:
    if reach is not None:
        axes.plot(reach, [row, row], color=style.INK, alpha=0.25, linewidth=14, solid_capstyle="butt")


def _stage_panel(points: list[Point]) -> Panel:
    means = [sum(s["wait_us"] + s["service_us"] for s in point["stages"]) for point in points]
    positive = [mean for mean in means if mean > 0]
    shares = bool(positive) and max(positive) > SHARES_FROM_RATIO * min(positive)
    bars = []
    for point, mean in zip(points, means, strict=True):
        scale = 100 / mean if shares and mean else 1.0
        parts = [
            (s["name"], s[key] * scale, key == "wait_us") for s in point["stages"] for key in ("service_us", "wait_us")
        ]
        bars.append(Bar(parts, remark=in_time(mean) if mean else "nothing delivered"))
    unit = "share of the mean latency, %" if shares else "mean latency, us"
    return Panel("Mean latency by stage", unit, merged(bars))


def _core_bar(point: Point) -> Bar:
    """Host, guests, polling; a document of an older version has only what host and guests kept busy."""
    split = [
        (side, point.get(f"{side}_cores" if side != "polling" else "polling_cores") or 0.0, side == "polling")
        for side in SIDES
    ]
    if point.get("polling_cores") is None:
        split = [
            ("host_work", point["host_cores_busy"] or 0.0, False),
            ("guest_work", point["guest_cores_busy"] or 0.0, False),
        ]
    total = sum(busy for _, busy, _ in split)
    return Bar(split, remark=f"{total:.2g}; {_remarks(point)}")


def _remarks(point: Point) -> str:
    exits, loss = point["exits_per_packet"], point["loss_ratio"]
    text = "nothing delivered" if exits is None else f"{exits:.2g} exits/packet"
    return f"{text}\n{percent(loss)} lost" if loss else text


def _limits(left: Axes, right: Axes, shown: View, points: list[Point]) -> list[str]:
    found = limits(shown.thresholds)
    return [
        *at_rows(left, found, points, {f"latency.{name}": 1.0 for name in (*MARKERS, "mean")}),
        *at_rows(right, found, points, {"host_work_cores": 1.0}),
    ]


def _marker_keys(points: list[Point]) -> list[Line2D]:
    shown = {n: m for n, m in MARKERS.items() if any(point["latency_us"].get(n) for point in points)}
    keys = [Line2D([], [], marker=m, color=style.INK, ls="", markersize=11, label=n) for n, m in shown.items()]
    mean = Line2D([], [], marker="|", color=style.INK, ls="", markersize=16, markeredgewidth=2.5, label="mean")
    return [*keys, mean] if any(map(delivered, points)) else []


def _core_keys(cores: Panel) -> list[Patch]:
    looks = style.part_looks(SIDES, hatched=("polling",))
    return [Patch(label=f"cores: {style.WORDS[name]}", **looks[name]) for name in visible(cores)]
