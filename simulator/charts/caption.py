"""The words around a chart: what to see, and which numbers rest on assumed or borrowed costs.

*Scope*: one sentence each, made from the result alone. *Validation*: tests/unit/test_charts.py.
"""

from __future__ import annotations

import textwrap
from typing import Any

from simulator.units import format_time

MARK = "\N{DAGGER}"
WEAK = ("borrowed", "assumed")


def point_label(point: dict[str, Any], keys: tuple[str, ...]) -> str:
    """The series of a point and the values of the given sweep parameters."""
    parts = [point["series"], *(f"{key.rpartition('.')[2]} {point['parameters'].get(key, '-')}" for key in keys)]
    return ", ".join(part for part in parts if part) or point["datapath"]


def rests_on_weak_costs(point: dict[str, Any]) -> bool:
    """Whether any cost behind the point is assumed or borrowed from other hardware."""
    return any(point.get("cost_status", {}).get(status) for status in WEAK)


def what_to_see(points: list[dict[str, Any]], labels: list[str]) -> str:
    """Lowest and highest latency in a sentence, with their factor and what limits the highest."""
    metric = shown_percentile(points)
    values = [(point["latency_us"][metric], label, point) for point, label in zip(points, labels, strict=True)]
    known = sorted((value for value in values if value[0] is not None), key=lambda value: value[0])
    if not known:
        return "No packet was delivered."
    (low, best, _), (high, worst, slow) = known[0], known[-1]
    limits = "" if slow["bottleneck"].startswith("nothing") else f" There, {slow['bottleneck']}."
    if len(known) == 1:
        return f"{best}: {metric} latency {in_time(low)}.{limits}"
    factor = f"{high / low:.3g}" if high < 1000 * low else f"{high / low:,.0f}"
    ends = f"Lowest {metric} latency: {best}, {in_time(low)}. Highest: {worst}, {in_time(high)}"
    return f"{ends}, {factor} times the lowest.{limits}"


def shown_percentile(points: list[dict[str, Any]]) -> str:
    """``p99``, or ``mean`` where no point has packets enough for a p99: the two are never mixed in one chart."""
    return "p99" if any(point["latency_us"]["p99"] is not None for point in points) else "mean"


def most_different(points: list[dict[str, Any]], axis: str) -> str:
    """The value of the swept parameter at which the latencies of the series are furthest apart."""
    found: dict[str, list[float]] = {}
    for point in points:
        found.setdefault(point["parameters"][axis], []).append(point["latency_us"]["mean"] or 0.0)
    ratios = {value: max(seen) / min(seen) if min(seen) else 0.0 for value, seen in found.items()}
    return max(ratios, key=lambda value: ratios[value])


def cost_note(points: list[dict[str, Any]], behind: str = "a series") -> str:
    """What the dagger means, with the largest counts over the points; empty if no point needs it."""
    weak = [point["cost_status"] for point in points if rests_on_weak_costs(point)]
    if not weak:
        return ""
    worst = max(weak, key=lambda status: sum(status.get(name, 0) for name in WEAK))
    counts = " and ".join(f"{worst[name]} {name}" for name in WEAK if worst.get(name))
    return f"{MARK} {counts} of the {sum(worst.values())} cost values behind {behind}: see the cost catalogue."


def wrapped(sentences: list[str], width: int) -> str:
    """Sentences as lines of at most `width` characters."""
    return "\n".join(line for text in sentences if text for line in textwrap.wrap(text, width))


def in_time(value_us: float) -> str:
    """A latency in the unit that suits it."""
    return format_time(value_us * 10**6)
