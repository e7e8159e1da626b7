"""The chart of a comparison: per series, latency percentiles, where the mean latency goes, and what it costs in cores.

1. Left: percentiles on a logarithmic axis; the pale bar is the range of the replications.
2. Middle: the stages of the mean latency, waiting in pale; as shares where the series differ too much for one scale.
3. Right: host and guest cores busy, with VM exits per packet written beside.

*Scope*: up to `MOST_ROWS` points. *Validation*: tests/unit/test_charts.py.
"""

from __future__ import annotations

from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.transforms import ScaledTranslation

from simulator.charts import style
from simulator.charts.caption import MARK, cost_note, in_time, rests_on_weak_costs, what_to_see, wrapped

MOST_ROWS = 24
SHARES_FROM_RATIO = 6.0
MARKERS = {"p50": "o", "p90": "s", "p99": "D", "p99.9": "^"}
ROW_HEIGHT = 0.62
STAGE_COLUMNS = 3
CAPTION_INCHES, LEGEND_INCHES, LEGEND_ROW_INCHES = 1.35, 0.75, 0.32
HOST_COLOUR, GUEST_COLOUR = "#4D4D4D", "#C4C4C4"


def comparison_chart(title: str, points: list[dict[str, Any]], labels: list[str]) -> Figure:
    """One row per point, in order; `labels` name the rows."""
    shown, names = points[:MOST_ROWS], labels[:MOST_ROWS]
    stages = list(dict.fromkeys(stage["name"] for point in shown for stage in point["stages"]))
    below = CAPTION_INCHES + LEGEND_ROW_INCHES * -(-len(stages) // STAGE_COLUMNS)
    height = below + max(5.5, 2.2 + 0.72 * len(shown))
    figure = Figure(figsize=(19.2, height), dpi=100, layout="constrained")
    room = (0.005, below / height, 0.99, 0.99 - below / height)
    figure.get_layout_engine().set(rect=room, w_pad=0.2)  # type: ignore[union-attr,call-arg]
    figure.suptitle(title, fontsize=style.TITLE_POINTS, fontweight="bold", x=0.01, ha="left")
    left, middle, right = figure.subplots(1, 3, sharey=True, width_ratios=(1.35, 1.25, 0.9))
    _percentiles(left, shown)
    _stages(middle, shown, style.stage_looks(stages))
    _cores(right, shown)
    marked = [name + (f" {MARK}" if rests_on_weak_costs(p) else "") for name, p in zip(names, shown, strict=True)]
    left.set_yticks(range(len(shown)), labels=marked)
    left.set_ylim(len(shown) - 0.4, -0.6)
    hidden = f"{len(points) - len(shown)} further points are not shown." if len(points) > len(shown) else ""
    text = wrapped([what_to_see(points, labels), hidden, cost_note(shown)], 150)
    figure.text(0.01, 0.012, text, fontsize=style.CAPTION_POINTS, va="bottom", linespacing=1.3)
    return figure


def _percentiles(axes: Axes, points: list[dict[str, Any]]) -> None:
    for row, point in enumerate(points):
        colour, latency = style.colour_of(point) or style.GREY, point["latency_us"]
        found = {name: latency[name] for name in MARKERS if latency[name]}
        if found:
            axes.plot(list(found.values()), [row] * len(found), color=colour, linewidth=2.5, zorder=2)
        for name, value in found.items():
            _range(axes, row, colour, point.get("ranges", {}).get(f"latency.{name}"))
            axes.plot(value, row, MARKERS[name], color=colour, markersize=12, markeredgecolor="white", zorder=3)
        if latency["mean"]:
            axes.plot(latency["mean"], row, "|", color=colour, markersize=26, markeredgewidth=2.5, zorder=2)
    axes.set_xscale("log")
    style.plain_log(axes.xaxis)
    style.dress(axes, "Latency", "latency, us (log scale)", grid="x")
    handles = [Line2D([], [], marker=m, color="#4D4D4D", ls="", markersize=11, label=n) for n, m in MARKERS.items()]
    handles.append(Line2D([], [], marker="|", color="#4D4D4D", ls="", markersize=16, markeredgewidth=2.5, label="mean"))
    _legend(axes, handles, 3)


def _range(axes: Axes, row: int, colour: str, spread: dict[str, Any] | None) -> None:
    if spread and spread["min"] is not None:
        axes.plot(
            [spread["min"], spread["max"]], [row, row], color=colour, alpha=0.3, linewidth=14, solid_capstyle="butt"
        )


def _stages(axes: Axes, points: list[dict[str, Any]], looks: dict[str, dict[str, Any]]) -> None:
    means = [sum(s["wait_us"] + s["service_us"] for s in point["stages"]) for point in points]
    positive = [mean for mean in means if mean > 0]
    shares = bool(positive) and max(positive) > SHARES_FROM_RATIO * min(positive)
    for row, (point, mean) in enumerate(zip(points, means, strict=True)):
        _stage_row(axes, row, point["stages"], looks, 100 / mean if shares and mean else 1.0)
        if shares and mean:
            axes.text(101, row, in_time(mean), fontsize=style.TICK_POINTS, va="center")
    if shares:
        axes.set_xlim(0, 125)
        axes.set_xticks(range(0, 101, 25))
    unit = "share of the mean latency, %" if shares else "mean latency, us"
    style.dress(axes, "Mean latency by stage (pale: waiting)", unit, grid="x")
    _legend(axes, [Patch(label=name, **look) for name, look in looks.items()], STAGE_COLUMNS)


def _stage_row(
    axes: Axes, row: int, stages: list[dict[str, Any]], looks: dict[str, dict[str, Any]], scale: float
) -> None:
    start = 0.0
    for stage in stages:
        look = looks[stage["name"]]
        for key, colour in (("service_us", look["facecolor"]), ("wait_us", style.pale(look["facecolor"]))):
            width = stage[key] * scale
            axes.barh(row, width, ROW_HEIGHT, left=start, **(look | {"facecolor": colour}))
            start += width


def _cores(axes: Axes, points: list[dict[str, Any]]) -> None:
    widest = max((p["host_cores_busy"] or 0) + (p["guest_cores_busy"] or 0) for p in points) or 1.0
    for row, point in enumerate(points):
        host, guest = point["host_cores_busy"] or 0.0, point["guest_cores_busy"] or 0.0
        axes.barh(row, host, ROW_HEIGHT, color=HOST_COLOUR)
        axes.barh(row, guest, ROW_HEIGHT, left=host, color=GUEST_COLOUR)
        axes.text(host + guest + widest * 0.03, row, _remarks(point), fontsize=style.TICK_POINTS, va="center")
    axes.set_xlim(0, widest * 1.95)
    style.dress(axes, "Cost", "cores busy", grid="x")
    sides = [Patch(color=HOST_COLOUR, label="host"), Patch(color=GUEST_COLOUR, label="guest")]
    axes.legend(handles=sides, loc="lower right", bbox_to_anchor=(1.02, 0.985), ncols=2, frameon=False,
                fontsize=style.TICK_POINTS, handletextpad=0.4, columnspacing=1.1)  # fmt: skip


def _remarks(point: dict[str, Any]) -> str:
    exits, loss = point["exits_per_packet"], point["loss_ratio"]
    text = "nothing delivered" if exits is None else f"{exits:.2g} exits/packet"
    return f"{text}\n{loss * 100:.2g} % lost" if loss else text


def _legend(axes: Axes, handles: list[Any], columns: int) -> None:
    figure = axes.figure
    below_labels = ScaledTranslation(0, -LEGEND_INCHES, figure.dpi_scale_trans)
    legend = axes.legend(
        handles=handles, loc="upper left", bbox_to_anchor=(-0.03, 0), bbox_transform=axes.transAxes + below_labels,
        ncols=columns, frameon=False, fontsize=style.TICK_POINTS, handletextpad=0.4, columnspacing=1.1,
    )  # fmt: skip
    # Wide legends must not push the panels apart; their height is in the room left below.
    legend.set_in_layout(False)
