"""Two looks at one distribution: the CDF of the latency, and its percentiles with the tail drawn out.

1. Both come from the histogram: at most 0.8 % wide buckets, exact counts. Inside a bucket the CDF rises evenly.
2. The percentile plot has x = 1 / (1 - p): each further decade is a ten times rarer packet. A curve ends where fewer
   than ten packets lie above, because there is no more to know.
3. Pale bars are the percentiles' 95 % intervals.

*Scope*: one curve per series; of a sweep one place (see `select`). *Validation*: tests/unit/test_charts.py compares with
sorted samples.
"""

from __future__ import annotations

from itertools import accumulate
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from simulator.charts import style
from simulator.charts.beside import Name
from simulator.charts.caption import NOTHING, delivered, in_time, what_to_see
from simulator.charts.frame import caption, finish, frame, identify, marked, nothing, replications
from simulator.charts.limits import across, limits, upright
from simulator.charts.marks import ends, pale_bar
from simulator.charts.scales import log_axis
from simulator.charts.select import Point, View, few_series, one_place

PS_PER_US = 10**6
SAMPLES_ABOVE = 10
NAMED = {"p50": 50.0, "p90": 90.0, "p99": 99.0, "p99.9": 99.9, "p99.99": 99.99}
Curve = list[tuple[float, float]]


def cdf(shown: View) -> Figure:
    """Share of the packets (0 to 1) that took at most x us, one curve per series."""
    shown = one_place(shown)
    shown = few_series(shown, shown.labels)
    figure, (axes, side) = frame(shown.title, side=True)
    names = []
    axes.set_ylim(0, 1.02)
    for label, point, look in _looks(shown):
        curve = cdf_curve(point)
        if curve:
            axes.plot([x for x, _ in curve], [y for _, y in curve], **look)
        for name in ("p50", "p90", "p99"):
            _bar(axes, point, name, NAMED[name] / 100, look["color"], upright=False)
        names.append((point["latency_us"]["p50"] or point["latency_us"]["mean"], Name(_name(label, point), look)))
    found = limits(shown.thresholds)
    for name, percent in NAMED.items():
        upright(axes, found, shown.points, f"latency.{name}", percent / 100)
    log_axis(axes.xaxis)
    nothing(axes, shown)
    style.dress(axes, "Latency: share of the packets that took at most so long", "latency, us (log scale)", "share")
    seen = f"{_left(shown)}{what_to_see(shown.points, shown.labels)}"
    ordered = [name for _, name in sorted(names, key=lambda pair: (pair[0] is None, pair[0] or 0.0))]
    return finish(figure, [], caption(shown, seen, replications(shown)), side=side, names=ordered)


def percentiles(shown: View) -> Figure:
    """Latency in us that one packet in x exceeds, x logarithmic, one curve per series."""
    shown = one_place(shown)
    shown = few_series(shown, shown.labels)
    figure, (axes, side) = frame(shown.title, side=True)
    names, rarest = [], 10.0
    for label, point, look in _looks(shown):
        curve = percentile_curve(point)
        if curve:
            axes.plot([x for x, _ in curve], [y for _, y in curve], **look)
            rarest = max(rarest, curve[-1][0])
        for name in NAMED:
            _bar(axes, point, name, 100 / (100 - NAMED[name]), look["color"], upright=True)
        names.append(Name(_name(label, point), look, axes, curve[-1] if curve else None))
    found = limits(shown.thresholds)
    for name in NAMED:
        across(axes, found, shown.points, f"latency.{name}")
    axes.set_xscale("log")
    axes.set_xlim(1, rarest * 1.1)
    log_axis(axes.yaxis)
    nothing(axes, shown)
    ticks = [one_in for one_in in (1, 2, 10, 100, 1000, 10_000, 100_000, 10**6) if one_in <= rarest * 1.1]
    axes.set_xticks(ticks, labels=[f"{100 - 100 / one_in:.6g}" for one_in in ticks])
    axes.xaxis.set_minor_formatter(lambda *_: "")
    style.dress(axes, "Latency by percentile, the tail drawn out", "percentile, % (each decade: ten times rarer)", "latency, us (log scale)")  # fmt: skip
    return finish(figure, [], caption(shown, _tail(shown), replications(shown)), side=side, names=names)


def cdf_rows(shown: View) -> list[dict[str, Any]]:
    """One row per bucket edge: latency_us, share (0 to 1)."""
    shown = one_place(shown)
    return [identify(point) | {"latency_us": x, "share": y} for point in shown.points for x, y in cdf_curve(point)]


def percentiles_rows(shown: View) -> list[dict[str, Any]]:
    """One row per named percentile (with its interval) and per step of the curve."""
    shown = one_place(shown)
    return [identify(point) | row for point in shown.points for row in _percentiles_rows(point)]


def cdf_curve(point: Point) -> Curve:
    """(latency_us, share) at both edges of every occupied bucket."""
    buckets = point["histogram"]
    total = sum(count for _, _, count in buckets)
    ends = list(accumulate((count for _, _, count in buckets), initial=0))
    # The outermost buckets reach no further than the extremes: a constant latency is a step.
    least = point.get("latency_exact", {}).get("minimum_ps") or 0
    most = point["latency_us"]["max"] * PS_PER_US if buckets else 0
    corners = [
        ((max(low, least) / PS_PER_US, before / total), (max(least, min(high, most)) / PS_PER_US, after / total))
        for (low, high, _), before, after in zip(buckets, ends, ends[1:], strict=False)
    ]
    return [corner for pair in corners for corner in pair]


def percentile_curve(point: Point) -> Curve:
    """(1 / (1 - p), latency_us) at both ends of every step, up to ten packets below the top."""
    buckets, maximum = point["histogram"], point["latency_us"]["max"]
    total = sum(count for _, _, count in buckets)
    ends = list(accumulate((count for _, _, count in buckets), initial=0))
    most = total - SAMPLES_ABOVE
    steps = [
        (before, min(after, most), min(high / PS_PER_US, maximum))
        for (_, high, _), before, after in zip(buckets, ends, ends[1:], strict=False)
        if before < most
    ]
    return [(total / (total - seen), value) for before, after, value in steps for seen in (before, after)]


def _percentiles_rows(point: Point) -> list[dict[str, Any]]:
    steps = [
        {"percentile": 100 - 100 / one_in, "one_in": one_in, "latency_us": value, "low_us": None, "high_us": None}
        for one_in, value in percentile_curve(point)
    ]
    named = [
        {
            "percentile": percent, "one_in": 100 / (100 - percent), "latency_us": value,
            **dict(zip(("low_us", "high_us"), ends(point, f"latency.{name}") or (None, None), strict=True)),
        }
        for name, percent in NAMED.items() if (value := point["latency_us"].get(name)) is not None
    ]  # fmt: skip
    return sorted([*steps, *named], key=lambda row: (row["one_in"], row["latency_us"]))


def _looks(shown: View) -> list[tuple[str, Point, dict[str, Any]]]:
    """Lines without markers while colours and dashes suffice, with markers at distances where they do not."""
    colours = style.series_colours(shown.points, shown.labels)
    used: dict[str, int] = {}
    found: list[tuple[str, Point, dict[str, Any]]] = []
    count = len(shown.points)
    for label, point in zip(shown.labels, shown.points, strict=True):
        path = style.colour_of(point) or label
        number = used[path] = used.get(path, -1) + 1
        look: dict[str, Any] = {"color": colours[label], "linewidth": style.width(len(found), count)}
        look["linestyle"] = style.DASHES[number % len(style.DASHES)]
        if count > style.FEW_SERIES:
            marker = style.MARKERS[len(found) % len(style.MARKERS)]
            look |= {"marker": marker, "markersize": 8, "markevery": (0.012 * (len(found) % 12), 0.15)}
        found.append((label, point, look))
    return found


def _name(label: str, point: Point) -> str:
    return marked(label, [point]) if delivered(point) else f"{marked(label, [point])}: nothing delivered"


def _bar(axes: Axes, point: Point, name: str, place: float, colour: str, *, upright: bool) -> None:
    reach = ends(point, f"latency.{name}")
    if reach is None or point["latency_us"].get(name) is None:
        return
    x, y = ([place, place], reach) if upright else (reach, [place, place])
    pale_bar(axes, x, y, colour)


def _left(shown: View) -> str:
    return "Left is faster; a long foot to the right is a tail. " if any(map(delivered, shown.points)) else ""


def _tail(shown: View) -> str:
    """Which series has the longest tail, as p99 over p50."""
    ratios = [
        (point["latency_us"]["p99"] / point["latency_us"]["p50"], label, point["latency_us"])
        for point, label in zip(shown.points, shown.labels, strict=True)
        if point["latency_us"]["p99"] and point["latency_us"]["p50"]
    ]
    if not ratios:
        return "Too few packets for a 99th percentile." if any(map(delivered, shown.points)) else NOTHING
    factor, label, latency = max(ratios, key=lambda ratio: ratio[0])
    times = f", {factor:.3g} times as much" if factor > 1.01 else ""
    values = f"p50 {in_time(latency['p50'])}, p99 {in_time(latency['p99'])}{times}"
    which = f"Longest tail: {label}: " if len(ratios) > 1 else f"{label}: "
    return f"A flat curve is a steady path; where it rises, rare packets wait. {which}{values}."
