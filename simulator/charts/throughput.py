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
from matplotlib.ticker import NullLocator

from simulator import units
from simulator.charts import style
from simulator.charts.beside import Name
from simulator.charts.caption import delivered, unsteady
from simulator.charts.frame import caption, finish, frame, identify, line_handle, marked, replications
from simulator.charts.limits import across, limits
from simulator.charts.marks import crosses, ends, hollow_point, pale_bar
from simulator.charts.scales import Unit, log_axis, percent, rate_unit
from simulator.charts.select import Point, View, few_series
from simulator.errors import InputError

GAP_BYTES = 20
LINE_REACHED = 0.99
MOST_SAID = 6
LINE = {"color": "#8C8C8C", "linewidth": 2.5, "linestyle": "--"}


def throughput(shown: View) -> Figure:
    """Delivered packets per second in the unit that suits them, and their share of the line rate in %, over frame size in bytes."""
    shown = few_series(shown, _labels(shown))
    rows = throughput_rows(shown)
    unit = rate_unit(shown.points, "delivered_pps" if any(map(delivered, shown.points)) else "offered_pps")
    found: dict[str, list[tuple[Point, dict[str, Any]]]] = {}
    for label, point, row in zip(_labels(shown), shown.points, rows, strict=True):
        found.setdefault(label, []).append((point, row))
    looks = style.series_looks([pairs[0][0] for pairs in found.values()], list(found))
    figure, (left, right, side) = frame(shown.title, 2, side=True)
    names = []
    for label, pairs in found.items():
        _series(left, right, pairs, unit, looks[label])
        last = max(pairs, key=lambda pair: pair[1]["size_bytes"])[1]
        end = (last["size_bytes"], last["share_of_line"] * 100)
        names.append(Name(marked(label, [point for point, _ in pairs]), looks[label], right, end))
    _line_rate(left, rows, unit)
    right.axhline(100, **LINE, zorder=5)  # type: ignore[arg-type]
    across(left, limits(shown.thresholds), shown.points, "delivered_pps", 1 / unit.size)
    _axes(left, right, sorted({row["size_bytes"] for row in rows}), unit)
    text = caption(shown, _seen(shown, rows), _lacking(shown), replications(shown))
    return finish(figure, [line_handle("line rate", LINE)], text, side=side, names=names)


def throughput_rows(shown: View) -> list[dict[str, Any]]:
    """One row per point: size_bytes (with FCS), delivered, line rate in packets per second, share of it (0 to 1)."""
    axis = _axis(shown)
    return [identify(point) | _row(point, size_bytes(point["parameters"].get(axis, ""))) for point in shown.points]


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
        ", ".join(
            [p["series"] or p["datapath"], *(f"{n.rpartition('.')[2]} {p['parameters'].get(n, '-')}" for n in others)]
        )
        for p in shown.points
    ]


def _row(point: Point, size: int) -> dict[str, Any]:
    if "line_rate_bps" not in point:
        raise InputError("result.json", "has no line_rate_bps: written by an older version; run the scenario again")
    line = line_rate_pps(point["line_rate_bps"], size)
    low, high = ends(point, "delivered_pps") or (None, None)
    delivered = point["delivered_pps"] or 0.0
    return {
        "size_bytes": size, "offered_pps": point["offered_pps"], "delivered_pps": delivered,
        "delivered_pps_low": low, "delivered_pps_high": high, "throughput_bps": point["throughput_bps"],
        "line_rate_bps": point["line_rate_bps"], "line_rate_pps": line, "share_of_line": delivered / line,
    }  # fmt: skip


def _series(
    left: Axes, right: Axes, pairs: list[tuple[Point, dict[str, Any]]], unit: Unit, look: dict[str, Any]
) -> None:
    pairs = sorted(pairs, key=lambda pair: pair[1]["size_bytes"])
    rows = [row for _, row in pairs]
    sizes = [row["size_bytes"] for row in rows]
    # Nothing delivered has no place on a logarithmic axis; on the right it lies at 0.
    left.plot(sizes, [unit.of(row["delivered_pps"] or None) for row in rows], **look)
    right.plot(sizes, [row["share_of_line"] * 100 for row in rows], **look)
    for point, row in pairs:
        place = row["size_bytes"]
        values = {left: unit.of(row["delivered_pps"] or None), right: row["share_of_line"] * 100}
        if reach := ends(point, "delivered_pps"):
            pale_bar(left, [place] * 2, [unit.of(end or None) for end in reach], look["color"])
            pale_bar(right, [place] * 2, [end / row["line_rate_pps"] * 100 for end in reach], look["color"])
        if unsteady(point):
            for axes, value in values.items():
                hollow_point(axes, place, value, look)
    crosses(left, [row["size_bytes"] for row in rows if not row["delivered_pps"]], look)


def _line_rate(axes: Axes, rows: list[dict[str, Any]], unit: Unit) -> None:
    for rate in sorted({row["line_rate_bps"] for row in rows}):
        low, high = min(row["size_bytes"] for row in rows), max(row["size_bytes"] for row in rows)
        sizes = [low * (high / low) ** (step / 50) for step in range(51)]
        axes.plot(sizes, [unit.of(rate / (8 * (size + GAP_BYTES))) for size in sizes], zorder=5, **LINE)  # type: ignore[arg-type]


def _axes(left: Axes, right: Axes, sizes: list[int], unit: Unit) -> None:
    for axes in (left, right):
        axes.set_xscale("log")
        axes.set_xticks(sizes, labels=[f"{size:g}" for size in sizes], rotation=35)
        axes.xaxis.set_minor_formatter(lambda *_: "")
        axes.xaxis.set_minor_locator(NullLocator())
    log_axis(left.yaxis)
    right.set_ylim(0, 108)
    style.dress(left, f"Delivered, {unit.name}", "frame size, B", f"{unit.name} (log scale)")
    style.dress(right, "Share of the line rate, %", "frame size, B")


def _lacking(shown: View) -> str:
    dead = sum(not delivered(point) for point in shown.points)
    return f"\N{MULTIPLICATION SIGN} at the lower edge: nothing delivered ({dead})." if dead else ""


def _seen(shown: View, rows: list[dict[str, Any]]) -> str:
    found: dict[str, list[dict[str, Any]]] = {}
    for label, row in zip(_labels(shown), rows, strict=True):
        found.setdefault(label, []).append(row)
    sizes = {label: _reach(own) for label, own in found.items()}
    reached = "; ".join(f"{label} {size}" for label, size in list(sizes.items())[:MOST_SAID])
    reached += f"; and {len(found) - MOST_SAID} more" if len(found) > MOST_SAID else ""
    if len(found) > 1 and len(set(sizes.values())) == 1:
        reached = f"all series {next(iter(sizes.values()))}"
    label, worst = min(zip(_labels(shown), rows, strict=True), key=lambda pair: pair[1]["share_of_line"])
    share = percent(worst["share_of_line"])
    return f"{LINE_REACHED * 100:.0f} % of the line rate: {reached}. Least: {label}, {worst['size_bytes']} B, {share}."


def _reach(rows: list[dict[str, Any]]) -> str:
    """From which size on the line rate is reached, up to the largest."""
    sizes = []
    for row in sorted(rows, key=lambda row: -row["size_bytes"]):
        if row["share_of_line"] < LINE_REACHED:
            break
        sizes.append(row["size_bytes"])
    return "never" if not sizes else "at every size" if len(sizes) == len(rows) else f"from {min(sizes)} B"
