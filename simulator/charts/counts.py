"""Where the cores' time went, which exits were taken, where packets were dropped: totals by name.

1. Cores: core-seconds by accounting label per second, host and guest apart as `metrics.cpu` has them; idle time is left
   out. A poller's time is the guest's as far as ``guest_cores_busy`` says so.
2. Exits: per delivered packet, under the names of ``perf kvm stat``.
3. Drops: in percent of the offered packets, by place; with many queues alike, their numbers are left out.

*Scope*: what the result document counts. *Validation*: tests/unit/test_charts.py: host and guest bars equal
``host_cores_busy`` and ``guest_cores_busy``.
"""

from __future__ import annotations

import re
from typing import Any

from matplotlib.figure import Figure

from simulator.charts import style
from simulator.charts.frame import identify
from simulator.charts.select import Point, View
from simulator.charts.stacks import RANGE, Bar, Panel, merged, spread, stacked
from simulator.errors import InputError

IDLE = ("idle", "guest_idle")
POLLING = ("pmd_work", "pmd_idle")
GUEST = ("guest_irq", "guest_soft", "guest_task")
MOST_PLACES = 8


def cores(shown: View) -> Figure:
    """Cores kept busy, by accounting label: host left, guests right."""
    return stacked(shown, _core_panels, _cores_seen)


def cores_rows(shown: View) -> list[dict[str, Any]]:
    """One row per point and label: core_seconds, side (host, guest, idle), cores (core-seconds per second),
    us_per_packet."""
    return [identify(point) | row for point in shown.points for row in _core_rows(point)]


def exits(shown: View) -> Figure:
    """VM exits per delivered packet, by kind."""
    return stacked(shown, _exit_panels, _exits_seen)


def exits_rows(shown: View) -> list[dict[str, Any]]:
    """One row per point and kind: exits, exits_per_packet."""
    return [
        identify(point) | {"kind": kind, "exits": count, "exits_per_packet": count / packets if packets else None}
        for point in shown.points
        for packets in [point["latency_exact"]["count"]]
        for kind, count in point["exits"].items()
    ]


def drops(shown: View) -> Figure:
    """Packets dropped in percent of the offered ones, by place."""
    return stacked(shown, _drop_panels, _drops_seen)


def drops_rows(shown: View) -> list[dict[str, Any]]:
    """One row per point and place: packets, share of the offered packets (0 to 1)."""
    return [
        identify(point)
        | {"place": place, "packets": count, "share_of_offered": count / point["conservation"]["offered"]}
        for point in shown.points
        for place, count in point["drops"].items()
    ]


def guest_pollers(point: Point) -> float:
    """Share of the pollers' time that is the guests' (0 to 1), from what ``guest_cores_busy`` counts."""
    seconds = point["core_seconds"]
    polling = sum(seconds.get(label, 0.0) for label in POLLING)
    own = sum(seconds.get(label, 0.0) for label in GUEST)
    if not polling:
        return 0.0
    inside: float = (point["guest_cores_busy"] or 0.0) * window_s(point) - own
    share: float = inside / polling
    return min(1.0, max(0.0, share))


def window_s(point: Point) -> float:
    """Simulated seconds behind the counts, all replications together. Raises InputError if the document has none."""
    if not point.get("window_s"):
        raise InputError("result.json", "has no window_s: written by an older version; run the scenario again")
    seconds: float = point["window_s"]
    return seconds


def _core_rows(point: Point) -> list[dict[str, Any]]:
    packets, length, inside = point["latency_exact"]["count"], window_s(point), guest_pollers(point)
    rows = []
    for label, seconds in point["core_seconds"].items():
        for side, share in _sides(label, inside):
            if share:
                own = seconds * share
                rows.append(
                    {
                        "label": label, "side": side, "core_seconds": own, "cores": own / length,
                        "us_per_packet": own * 1e6 / packets if packets else None,
                    }
                )  # fmt: skip
    return rows


def _sides(label: str, guest_share: float) -> list[tuple[str, float]]:
    if label in IDLE:
        return [("idle", 1.0)]
    if label in POLLING:
        return [("host", 1 - guest_share), ("guest", guest_share)]
    return [("guest" if label in GUEST else "host", 1.0)]


def _core_panels(points: list[Point]) -> list[Panel]:
    panels = []
    for side in ("host", "guest"):
        bars = [
            Bar(
                [(row["label"], row["cores"], False) for row in _core_rows(point) if row["side"] == side],
                *spread(point, f"{side}_cores_busy"),
                remark=f"{point[f'{side}_cores_busy'] or 0:.2g}",
            )
            for point in points
        ]
        panels.append(Panel(f"{side.capitalize()}: core-seconds by label", "cores busy (core-s per s)", bars))
    longest = max(bar.total for panel in panels for bar in panel.bars)
    # Labels are put together over both panels, so that one of them means the same on both sides.
    both = merged([bar for panel in panels for bar in panel.bars]) if longest else panels[0].bars + panels[1].bars
    return [Panel(p.title, p.unit, both[i * len(points) : (i + 1) * len(points)]) for i, p in enumerate(panels)]


def _cores_seen(shown: View) -> str:
    pairs = [
        (point["host_cores_busy"] or 0.0, label, point) for label, point in zip(shown.labels, shown.points, strict=True)
    ]
    most = max(pairs, key=lambda pair: pair[0])
    least = min(pairs, key=lambda pair: pair[0])
    named = {row["label"]: row["cores"] for row in _core_rows(most[2]) if row["side"] == "host"}
    top = max(named, key=lambda label: named[label], default="")
    text = f"Host cores: least for {least[1]}, {least[0]:.2g}; most for {most[1]}, {most[0]:.2g}"
    return f"{text}, of it {style.WORDS.get(top, top)} {named[top]:.2g}. {RANGE}" if top else f"{text}. {RANGE}"


def _exit_panels(points: list[Point]) -> list[Panel]:
    bars = []
    for point in points:
        packets = point["latency_exact"]["count"]
        parts = [(kind, count / packets, False) for kind, count in point["exits"].items()] if packets else []
        remark = f"{point['exits_per_packet']:.3g}" if packets else "nothing delivered"
        bars.append(Bar(parts, *spread(point, "exits_per_packet"), remark=remark))
    return [Panel("VM exits per delivered packet", "exits per packet", merged(bars))]


def _worst(shown: View, total: str, parts: str) -> tuple[float, str, str] | None:
    """The largest total, the label of its point, and the largest of its parts; None if there is nothing to count."""
    found = [(p[total], label, p[parts]) for label, p in zip(shown.labels, shown.points, strict=True) if p[total]]
    if not found:
        return None
    most, label, counts = max(found, key=lambda pair: pair[0])
    return most, label, max(counts, key=lambda name: counts[name])


def _exits_seen(shown: View) -> str:
    worst = _worst(shown, "exits_per_packet", "exits")
    if worst is None:
        return "No exit was taken: the hypervisor stays out of the way."
    most, label, kind = worst
    return f"Each exit stops the guest. Most for {label}: {most:.3g} per packet, chiefly {kind}. {RANGE}"


def places(points: list[Point]) -> dict[str, str]:
    """Place -> the name it is drawn under: numbers of guests and queues left out where there are many places."""
    found = dict.fromkeys(place for point in points for place in point["drops"])
    short = {place: re.sub(r"\d+", "*", place) for place in found}
    return short if len(found) > MOST_PLACES else {place: place for place in found}


def _drop_panels(points: list[Point]) -> list[Panel]:
    names, bars = places(points), []
    for point in points:
        sums: dict[str, float] = {}
        for place, count in point["drops"].items():
            sums[names[place]] = sums.get(names[place], 0.0) + 100 * count / point["conservation"]["offered"]
        loss = point["loss_ratio"]
        remark = "nothing offered" if loss is None else "0" if not loss else f"{loss * 100:.3g} %"
        bars.append(Bar([(n, v, False) for n, v in sums.items()], *spread(point, "loss_ratio", 100), remark=remark))
    return [Panel("Packets dropped, by place", "share of the offered packets, %", bars)]


def _drops_seen(shown: View) -> str:
    worst = _worst(shown, "loss_ratio", "drops")
    if worst is None:
        return "No packet was dropped."
    most, label, place = worst
    return f"A packet dies where a queue is full: before the slow part. Most for {label}: {most * 100:.3g} %, chiefly at {place}. {RANGE}"
