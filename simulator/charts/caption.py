"""The words around a chart: what to see, and which numbers rest on assumed or borrowed costs.

*Scope*: one sentence each, made from the result alone. *Validation*: tests/unit/test_charts.py.
"""

from __future__ import annotations

import textwrap
from typing import Any

MARK = "\N{DAGGER}"
WEAK = ("borrowed", "assumed")


def point_label(point: dict[str, Any], keys: tuple[str, ...]) -> str:
    """The series of a point and the values of the given sweep parameters."""
    parts = [point["series"], *(f"{key.rpartition('.')[2]} {point['parameters'].get(key, '-')}" for key in keys)]
    return ", ".join(part for part in parts if part) or point["datapath"]


def rests_on_weak_costs(point: dict[str, Any]) -> bool:
    """Whether any cost behind the point is assumed or borrowed from other hardware."""
    return any(point.get("cost_status", {}).get(status) for status in WEAK)


def what_to_see(points: list[dict[str, Any]], labels: list[str], metric: str = "p99") -> str:
    """Lowest and highest latency in a sentence, with their factor and what limits the highest."""
    values = [(point["latency_us"], label, point) for point, label in zip(points, labels, strict=True)]
    known = [(latency[metric], label, point) for latency, label, point in values if latency[metric] is not None]
    if not known and metric == "p99":
        return what_to_see(points, labels, "mean")
    if not known:
        return "No packet was delivered."
    (low, best, _), (high, worst, slow) = min(known, key=lambda k: k[0]), max(known, key=lambda k: k[0])
    if best == worst:
        return f"{best}: {metric} latency from {_us(low)} to {_us(high)}."
    factor = f"{high / low:,.3g} times" if high < 1000 * low else f"{high / low:,.0f} times" if low else "far above"
    limits = "" if slow["bottleneck"].startswith("nothing") else f" There, {slow['bottleneck']}."
    return f"Lowest {metric} latency: {best}, {_us(low)}. Highest: {worst}, {_us(high)}, {factor} the lowest.{limits}"


def cost_note(points: list[dict[str, Any]]) -> str:
    """What the dagger means, with the largest counts over the points; empty if no point needs it."""
    weak = [point["cost_status"] for point in points if rests_on_weak_costs(point)]
    if not weak:
        return ""
    worst = max(weak, key=lambda status: sum(status.get(name, 0) for name in WEAK))
    counts = " and ".join(f"{worst[name]} {name}" for name in WEAK if worst.get(name))
    return f"{MARK} {counts} of the {sum(worst.values())} cost values behind a series: see the cost catalogue."


def wrapped(sentences: list[str], width: int) -> str:
    """Sentences as lines of at most `width` characters."""
    return "\n".join(line for text in sentences if text for line in textwrap.wrap(text, width))


def _us(value_us: float) -> str:
    return f"{value_us:.3g} us" if value_us < 1000 else f"{value_us / 1000:.3g} ms"
