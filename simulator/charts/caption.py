"""The words around a chart: what to see, and which numbers rest on assumed or borrowed costs.

*Scope*: sentences made from the result alone, true for no point, one and many. *Validation*: tests/unit/test_charts.py,
tests/charts/test_marks.py.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from simulator.charts.places import KINDS, place_name
from simulator.charts.style import WORDS
from simulator.units import format_time

MARK = "\N{DAGGER}"
WEAK = ("borrowed", "assumed")
UNSTEADY = "not steady"
NOTHING = "No packet was delivered."


def point_label(point: dict[str, Any], keys: Sequence[str]) -> str:
    """The series of a point and the values of the given sweep parameters."""
    parts = [point["series"], *(f"{key.rpartition('.')[2]} {point['parameters'].get(key, '-')}" for key in keys)]
    return ", ".join(part for part in parts if part) or point["datapath"]


def rests_on_weak_costs(point: dict[str, Any]) -> bool:
    """Whether any cost behind the point is assumed or borrowed from other hardware."""
    return any(point.get("cost_status", {}).get(status) for status in WEAK)


def unsteady(point: dict[str, Any]) -> bool:
    """Whether the result says that the window was no steady state; one that does not say is taken as steady."""
    return point.get("steady") in (0, False, "no")


def what_to_see(points: Sequence[dict[str, Any]], labels: Sequence[str]) -> str:
    """Lowest and highest latency in a sentence, with their factor and what limits the highest."""
    metric = shown_percentile(points)
    values = [(point["latency_us"][metric], label, point) for point, label in zip(points, labels, strict=True)]
    known = sorted((value for value in values if value[0] is not None), key=lambda value: value[0])
    if not known:
        return NOTHING
    silent = [label for value, label, point in values if value is None and not delivered(point)]
    (low, best, _), (high, worst, slow) = known[0], known[-1]
    limits = "" if slow["bottleneck"].startswith("nothing") else f" There, {in_words(slow['bottleneck'])}."
    rest = f" Nothing was delivered for {_listed(silent)}." if silent else ""
    if len(known) == 1:
        return f"{best}: {metric} latency {in_time(low)}.{limits}{rest}"
    if low == high:
        return f"{metric} latency {in_time(low)} for all.{limits}{rest}"
    times = f", {_factor(high / low)} times the lowest" if low > 0 else ""
    return f"Lowest {metric} latency: {best}, {in_time(low)}. Highest: {worst}, {in_time(high)}{times}.{limits}{rest}"


def in_words(bottleneck: str) -> str:
    """The sentence on what limits, with labels and places in the words of the legends."""
    said = re.sub(r"[a-z]+_[a-z]+|\b(?:hyp|qemu|ctxsw)\b", lambda found: WORDS.get(found[0], found[0]), bottleneck)
    return re.sub(rf"\S+\.(?:{'|'.join(KINDS)})(?= drops)", lambda found: place_name(found[0]), said)


def delivered(point: dict[str, Any]) -> bool:
    """Whether the point delivered anything."""
    return point["latency_us"]["mean"] is not None


def shown_percentile(points: Sequence[dict[str, Any]]) -> str:
    """``p99``, or ``mean`` where no point has packets enough for a p99: the two are never mixed in one chart."""
    return "p99" if any(point["latency_us"]["p99"] is not None for point in points) else "mean"


def missing(points: Sequence[dict[str, Any]], metric: str) -> str:
    """What a cross at the edge means, if any point has no value of that latency."""
    without = [point for point in points if point["latency_us"][metric] is None]
    if not without:
        return ""
    dead = sum(not delivered(point) for point in without)
    reasons = [f"nothing delivered ({dead})"] * bool(dead)
    reasons += [f"too few packets for {metric} ({len(without) - dead})"] * (len(without) > dead)
    return f"\N{MULTIPLICATION SIGN} at the lower edge: no value, {' or '.join(reasons)}."


def hollow(points: Sequence[dict[str, Any]]) -> str:
    """What a hollow marker means, if there is one."""
    return (
        "Hollow: no steady state, the value depends on the length of the window." if any(map(unsteady, points)) else ""
    )


def most_different(points: Sequence[dict[str, Any]], axis: str) -> str:
    """The value of the swept parameter at which the latencies of the series are furthest apart."""
    found: dict[str, list[float]] = {}
    for point in points:
        found.setdefault(point["parameters"].get(axis, "-"), []).append(point["latency_us"]["mean"] or 0.0)
    ratios = {value: max(seen) / min(seen) if min(seen) else 0.0 for value, seen in found.items()}
    return max(ratios, key=lambda value: ratios[value])


def cost_note(points: Sequence[dict[str, Any]], behind: str = "a series") -> str:
    """What the dagger means, with the largest counts over the points; empty if no point needs it."""
    weak = [point["cost_status"] for point in points if rests_on_weak_costs(point)]
    if not weak:
        return ""
    worst = max(weak, key=lambda status: sum(status.get(name, 0) for name in WEAK))
    counts = " and ".join(f"{worst[name]} {name}" for name in WEAK if worst.get(name))
    return f"{MARK} {counts} of the {sum(worst.values())} cost values behind {behind}: see the cost catalogue."


def in_time(value_us: float) -> str:
    """A latency in the unit that suits it."""
    return format_time(value_us * 10**6)


def _factor(factor: float) -> str:
    return f"{factor:.3g}" if factor < 1000 else f"{factor:,.0f}"


def _listed(labels: Sequence[str], most: int = 3) -> str:
    more = f" and {len(labels) - most} more" if len(labels) > most else ""
    return "; ".join(labels[:most]) + more
