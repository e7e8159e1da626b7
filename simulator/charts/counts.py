"""Where the cores' time went, which exits were taken, where packets were dropped: totals by name.

1. Cores: work of the host, work of guests and polling on one axis, by accounting label, with the total behind the bar.
   Polling is hatched: a core looked for something to do. Idle time is left out.
2. Exits: per delivered packet, under the names of ``perf kvm stat``. Without a delivered packet there is no such number,
   and the count is said instead.
3. Drops: in percent of the offered packets, by place in words; with many queues alike, they are counted together.

*Scope*: what the result document counts. *Validation*: tests/unit/test_charts.py: bars are as long as the metrics say.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from matplotlib.figure import Figure

from simulator.charts import style
from simulator.charts.frame import identify
from simulator.charts.places import places
from simulator.charts.scales import percent
from simulator.charts.select import Point, View
from simulator.charts.stacks import Bar, Panel, merged, spread, stacked
from simulator.errors import InputError

HOST, GUEST, POLLING = SIDES = ("host_work", "guest_work", "polling")


def cores(shown: View) -> Figure:
    """Cores kept awake, by accounting label: work of the host, work of guests, polling."""
    return stacked(shown, _core_panel, _cores_seen, {"host_work_cores": 1.0})


def cores_rows(shown: View) -> list[dict[str, Any]]:
    """One row per point and label: side (host_work, guest_work, polling), cores, core_seconds, us_per_packet."""
    return [identify(point) | row for point in shown.points for row in _core_rows(point)]


def exits(shown: View) -> Figure:
    """VM exits per delivered packet, by kind."""
    return stacked(shown, _exit_panel, _exits_seen, {"exits_per_packet": 1.0})


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
    return stacked(shown, _drop_panel, _drops_seen, {"loss_ratio": 100.0})


def drops_rows(shown: View) -> list[dict[str, Any]]:
    """One row per point and place: packets, share of the offered packets (0 to 1)."""
    return [
        identify(point) | {"place": place, "packets": count, "share_of_offered": count / offered if offered else None}
        for point in shown.points
        for offered in [point["conservation"]["offered"]]
        for place, count in point["drops"].items()
    ]


def split(point: Point) -> dict[str, dict[str, float]]:
    """Side -> label -> cores. Raises InputError if the document has none."""
    found: dict[str, dict[str, float]] | None = point.get("work_split")
    if found is None:
        raise InputError("result.json", "has no work_split: written by an older version; run the scenario again")
    return {side: found.get(side, {}) for side in SIDES}


def _core_rows(point: Point) -> list[dict[str, Any]]:
    packets, length = point["latency_exact"]["count"], point.get("window_s") or 0.0
    return [
        {
            "label": label, "side": side, "cores": busy, "core_seconds": busy * length,
            "us_per_packet": busy * length * 1e6 / packets if packets else None,
        }
        for side, labels in split(point).items() for label, busy in labels.items()
    ]  # fmt: skip


def _core_panel(points: list[Point]) -> Panel:
    bars = []
    for point in points:
        found = split(point)
        parts = [(label, busy, side == POLLING) for side in SIDES for label, busy in found[side].items()]
        bars.append(Bar(parts, remark=total_of(found)))
    return Panel("Cores: host, then guests, then polling (hatched)", "cores (core-seconds per second)", merged(bars))


def total_of(found: dict[str, dict[str, float]]) -> str:
    """The sum, and how much of it is polling, for the end of a bar."""
    total, polling = sum(sum(labels.values()) for labels in found.values()), sum(found[POLLING].values())
    return f"{total:.2g}, of it {polling:.2g} polling" if polling >= total * 0.005 > 0 else f"{total:.2g}"


def _cores_seen(shown: View) -> str:
    pairs = [
        (sum(split(point)[HOST].values()), label, point)
        for label, point in zip(shown.labels, shown.points, strict=True)
    ]
    most, least = max(pairs, key=lambda pair: pair[0]), min(pairs, key=lambda pair: pair[0])
    named = split(most[2])[HOST]
    top = max(named, key=lambda label: named[label], default="")
    chiefly = f", of it {style.WORDS.get(top, top)} {named[top]:.2g}" if top else ""
    if most[0] == least[0]:
        who = most[1] if len(pairs) == 1 else "all"
        return f"Work of the host: {most[0]:.2g} cores for {who}{chiefly}."
    return f"Work of the host: least for {least[1]}, {least[0]:.2g} cores; most for {most[1]}, {most[0]:.2g}{chiefly}."


def _exit_panel(points: list[Point]) -> Panel:
    bars = []
    for point in points:
        packets, count = point["latency_exact"]["count"], sum(point["exits"].values())
        parts = [(kind, found / packets, False) for kind, found in point["exits"].items()] if packets else []
        rate = point["exits_per_packet"] if packets else None
        remark = f"nothing delivered, {count:,} exits" if rate is None else f"{rate:.3g}"
        bars.append(Bar(parts, *spread(point, "exits_per_packet"), remark=remark))
    return Panel("VM exits per delivered packet", "exits per packet", merged(bars))


def _exits_seen(shown: View) -> str:
    taken = [p for p in shown.points if sum(p["exits"].values())]
    if not taken:
        return "No exit was taken: the hypervisor stays out of the way."
    worst = _worst(shown, lambda point: point["exits_per_packet"], "exits")
    if worst is None:
        total = sum(sum(point["exits"].values()) for point in taken)
        return f"{total:,} exits were taken and nothing was delivered: there is no number per packet."
    most, label, kind = worst
    which = f"Most for {label}" if len(shown.points) > 1 else label
    return f"Each exit stops the guest. {which}: {most:.3g} per packet, chiefly {kind}."


def _drop_panel(points: list[Point]) -> Panel:
    names, bars = places(points), []
    for point in points:
        sums: dict[str, float] = {}
        offered = point["conservation"]["offered"]
        for place, count in point["drops"].items():
            sums[names[place]] = sums.get(names[place], 0.0) + (100 * count / offered if offered else 0.0)
        loss = point["loss_ratio"]
        remark = "nothing offered" if loss is None else "none" if not loss else percent(loss)
        bars.append(Bar([(n, v, False) for n, v in sums.items()], *spread(point, "loss_ratio", 100), remark=remark))
    return Panel("Packets dropped, by place", "share of the offered packets, %", merged(bars))


def _drops_seen(shown: View) -> str:
    worst = _worst(shown, lambda point: point["loss_ratio"], "drops")
    if worst is None:
        return "No packet was dropped."
    most, label, place = worst
    which = f"Most for {label}" if len(shown.points) > 1 else label
    where = places(shown.points)[place]
    return f"A packet dies where a queue is full: before the slow part. {which}: {percent(most)}, chiefly at {where}."


def _worst(shown: View, total: Callable[[Point], float | None], parts: str) -> tuple[float, str, str] | None:
    """The largest total, the label of its point, and the largest of its parts; None if there is nothing to count."""
    found = [
        (value, label, p[parts])
        for label, p in zip(shown.labels, shown.points, strict=True)
        if (value := total(p)) and p[parts]
    ]
    if not found:
        return None
    most, label, counts = max(found, key=lambda pair: pair[0])
    return most, label, max(counts, key=lambda name: counts[name])
