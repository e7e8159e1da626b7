"""Throughput by frame size, against what the wire can carry.

The line rate in frames is rate / (8 (size + 20)): a frame of `size` bytes with its FCS takes 8 bytes of preamble and 12
of gap on the wire. The right panel is the share of it that was delivered.

*Scope*: sweeps over one frame size for all packets; a mix of sizes has no place on the axis.
*Validation*: tests/unit/test_charts.py: 14.88 million frames of 64 B on 10 Gbit/s.
"""

from __future__ import annotations

from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from simulator import units
from simulator.charts import style
from simulator.charts.frame import caption, finish, frame, identify, line_handle, marked, replications
from simulator.charts.select import Point, View
from simulator.errors import InputError

GAP_BYTES = 20
LINE_REACHED = 0.99
MPPS = 1e6
LINE = {"color": "#8C8C8C", "linewidth": 2.5, "linestyle": "--"}


def throughput(shown: View) -> Figure:
    """Delivered million packets per second, and their share of the line rate in %, over frame size in bytes."""
    rows = throughput_rows(shown)
    found: dict[str, list[tuple[Point, dict[str, Any]]]] = {}
    for label, point, row in zip(_labels(shown), shown.points, rows, strict=True):
        found.setdefault(label, []).append((point, row))
    colours = style.series_colours([pairs[0][0] for pairs in found.values()], list(found))
    figure, (left, right) = frame(shown.title, 2)
    handles = []
    for number, (label, pairs) in enumerate(found.items()):
        marker = style.MARKERS[number % len(style.MARKERS)]
        wide = style.width(number, len(found))
        look = {"color": colours[label], "marker": marker, "markersize": 8 + wide, "linewidth": wide}
        _series(left, right, [row for _, row in pairs], look)
        handles.append(line_handle(marked(label, [point for point, _ in pairs]), look))
    _line_rate(left, rows)
    right.axhline(100, **LINE, zorder=5)  # type: ignore[arg-type]
    handles.append(line_handle("line rate", LINE))
    _axes(left, right, sorted({row["size_bytes"] for row in rows}))
    return finish(figure, handles, caption(shown, f"{_seen(shown, rows)} {replications(shown)}"))


def throughput_rows(shown: View) -> list[dict[str, Any]]:
    """One row per point: size_bytes (with FCS), delivered, line rate in packets per second, share of it (0 to 1)."""
    axis = _axis(shown)
    return [identify(point) | _row(point, size_bytes(point["parameters"][axis])) for point in shown.points]


def size_bytes(text: str) -> int:
    """A frame size as scenarios write it, in bytes. Raises InputError for a mix of sizes."""
    try:
        return int(units.parse(text, units.SIZE))
    except (ValueError, InputError):
        raise InputError("sweep", "the chart 'throughput' needs plain frame sizes", text) from None


def line_rate_pps(rate_bps: float, frame_bytes: int) -> float:
    """Frames of that size (with FCS) per second that a line carries."""
    return rate_bps / (8 * (frame_bytes + GAP_BYTES))


def _axis(shown: View) -> str:
    sizes = [name for name in shown.swept if name.rpartition(".")[2] == "size"]
    if not sizes:
        raise InputError("sweep", "the chart 'throughput' needs several frame sizes: sweep traffic.*.size")
    return sizes[0]


def _labels(shown: View) -> list[str]:
    axis = _axis(shown)
    others = [name for name in shown.swept if name != axis]
    return [
        ", ".join([p["series"] or p["datapath"], *(f"{n.rpartition('.')[2]} {p['parameters'][n]}" for n in others)])
        for p in shown.points
    ]


def _row(point: Point, size: int) -> dict[str, Any]:
    if "line_rate_bps" not in point:
        raise InputError("result.json", "has no line_rate_bps: written by an older version; run the scenario again")
    line = line_rate_pps(point["line_rate_bps"], size)
    spread = point.get("ranges", {}).get("delivered_pps") or {"min": None, "max": None}
    delivered = point["delivered_pps"] or 0.0
    return {
        "size_bytes": size, "offered_pps": point["offered_pps"], "delivered_pps": delivered,
        "delivered_pps_min": spread["min"], "delivered_pps_max": spread["max"], "throughput_bps": point["throughput_bps"],
        "line_rate_bps": point["line_rate_bps"], "line_rate_pps": line, "share_of_line": delivered / line,
    }  # fmt: skip


def _series(left: Axes, right: Axes, rows: list[dict[str, Any]], look: dict[str, Any]) -> None:
    rows = sorted(rows, key=lambda row: row["size_bytes"])
    sizes = [row["size_bytes"] for row in rows]
    left.plot(sizes, [row["delivered_pps"] / MPPS for row in rows], **look)
    right.plot(sizes, [row["share_of_line"] * 100 for row in rows], **look)
    for row in rows:
        if row["delivered_pps_min"] is not None:
            ends = [row["delivered_pps_min"], row["delivered_pps_max"]]
            bar = {"color": look["color"], "alpha": 0.35, "linewidth": 13, "solid_capstyle": "butt"}
            left.plot([row["size_bytes"]] * 2, [end / MPPS for end in ends], **bar)
            right.plot([row["size_bytes"]] * 2, [end / row["line_rate_pps"] * 100 for end in ends], **bar)


def _line_rate(axes: Axes, rows: list[dict[str, Any]]) -> None:
    for rate in sorted({row["line_rate_bps"] for row in rows}):
        low, high = min(row["size_bytes"] for row in rows), max(row["size_bytes"] for row in rows)
        sizes = [low * (high / low) ** (step / 50) for step in range(51)]
        axes.plot(sizes, [rate / (8 * (size + GAP_BYTES)) / MPPS for size in sizes], zorder=5, **LINE)  # type: ignore[arg-type]


def _axes(left: Axes, right: Axes, sizes: list[int]) -> None:
    for axes in (left, right):
        axes.set_xscale("log")
        axes.set_xticks(sizes, labels=[f"{size:g}" for size in sizes], rotation=35)
        axes.xaxis.set_minor_formatter(lambda *_: "")
        axes.xaxis.set_minor_locator(_no_ticks())
    left.set_yscale("log")
    style.plain_log(left.yaxis, wide=True)
    right.set_ylim(0, 108)
    style.dress(left, "Delivered", "frame size, B", "million packets/s (log scale)")
    style.dress(right, "Share of the line rate", "frame size, B", "share, %")


def _no_ticks() -> Any:
    from matplotlib.ticker import NullLocator

    return NullLocator()


def _seen(shown: View, rows: list[dict[str, Any]]) -> str:
    found: dict[str, list[dict[str, Any]]] = {}
    for label, row in zip(_labels(shown), rows, strict=True):
        found.setdefault(label, []).append(row)
    reached = "; ".join(f"{label} {_reach(own)}" for label, own in found.items())
    label, worst = min(zip(_labels(shown), rows, strict=True), key=lambda pair: pair[1]["share_of_line"])
    share = f"{worst['share_of_line'] * 100:.0f} %"
    return f"{LINE_REACHED * 100:.0f} % of the line rate: {reached}. Least: {label}, {worst['size_bytes']} B, {share}."


def _reach(rows: list[dict[str, Any]]) -> str:
    """From which size on the line rate is reached, up to the largest."""
    sizes = []
    for row in sorted(rows, key=lambda row: -row["size_bytes"]):
        if row["share_of_line"] < LINE_REACHED:
            break
        sizes.append(row["size_bytes"])
    return "never" if not sizes else "at every size" if len(sizes) == len(rows) else f"from {min(sizes)} B"
