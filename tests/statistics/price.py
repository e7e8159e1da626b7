"""``python -m tests.statistics.price [--write]``: what precision costs, and what common random numbers save.

1. *Time to precision*: p99 within 5 % at 95 %, six paths with 8 guests each. The product's way (pilot run, replications until the precision
   holds, and five more) in CPU seconds, beside a fixed number of replications: the smallest that reaches the same in hindsight, and the one
   that somebody has to take who wants all six paths to reach it.
2. *Common random numbers*: the ratio of two mean latencies that differ in one cost by 5 %. Packets saved are the square of how much wider the
   ratio's interval is when the second system has random numbers of its own.

*Scope*: a command of some minutes; recorded in results/answers/price.json. *Validation*: tests/statistics/test_intervals.py.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from simulator.costs import host
from simulator.plan.model import Plan
from simulator.scenario import Point, load, points
from simulator.scenario.build import build
from simulator.statistics import intervals
from simulator.study.ranges import Warmup, widths
from simulator.study.replications import job_of, pilot_of, wanted, warmup_of
from simulator.study.runs import Window, run, warm_up
from tests.campaign import record

PATHS = {
    "sriov-vf": "interrupts: posted",
    "vdpa": "interrupts: posted",
    "vhost-user": "interrupts: apicv",
    "vhost-net": "interrupts: apicv",
    "virtio-qemu": "interrupts: apicv",
    "emulated-e1000": "interrupts: apicv",
}
TEXT = """
schema: 1
name: price
host: {{model: modern, cores: 64{costs}}}
nic: {{model: e810}}
guests: [{{name: vm, count: {count}, datapath: {path}, {mode}}}]
traffic: [{{name: load, kind: poisson, rate: {rate} kpps, size: 64 B}}]
precision: p99 5 %
"""
RATES = {"emulated-e1000": 8, "virtio-qemu": 25}
"""In kpps for each guest, where 50 are more than eight guests carry steadily."""
GOAL = 0.05
PAIRS = (
    ("sriov-vf", "g_stack_rx_pk"),
    ("vhost-net", "v_rx_pk"),
    ("vhost-user", "g_stack_rx_pk"),
    ("virtio-qemu", "q_tap_rd"),
)
REPLICATIONS, WARMUP = 20, Warmup(5_000_000_000)


def point_of(path: str, count: int, costs: str = "") -> tuple[Point, Plan]:
    """The only point of a scenario, and its plan."""
    text = TEXT.format(path=path, mode=PATHS[path], count=count, costs=costs, rate=RATES.get(path, 50))
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "price.yaml"
        file.write_text(text, encoding="utf-8")
        (point,) = points(load(file))
    return point, build(point.scenario)


def adaptive(point: Point, plan: Plan) -> tuple[list[Window], list[float], float]:
    """The product's replications, the CPU seconds of each, and those of everything."""
    began, warmup, times, windows, spent = time.process_time(), None, 1, list[Window](), list[float]()
    while warmup is None:
        warmup, times = warmup_of(point, run(pilot_of(0, point, plan, "compiled", times)), times), 2 * times
    while more := wanted(point, windows, warmup):
        for number in range(len(windows), len(windows) + more):
            first = time.process_time()
            windows.append(run(job_of(0, point, plan, "compiled", number, warmup)))
            spent.append(time.process_time() - first)
    return windows, spent, time.process_time() - began


def times_to_precision() -> Iterator[dict[str, Any]]:
    """One row for each path."""
    for path in PATHS:
        point, plan = point_of(path, 8)
        windows, spent, whole_s = adaptive(point, plan)
        reached = {n: widths(windows[:n], ("p99",)).get("p99") for n in range(2, len(windows) + 1)}
        # the smallest number after which no larger one misses the goal again
        missed = [n for n, width in reached.items() if width is None or width > GOAL]
        least = max(missed, default=1) + 1
        yield {
            "path": path,
            "replications": len(windows),
            "half_width": round(reached[len(windows)] or 1, 4),
            "cpu_s": round(whole_s, 2),
            "least_fixed": least,
            "least_fixed_cpu_s": round(sum(spent[:least]), 2),
            "cpu_s_each": round(sum(spent) / len(spent), 4),
        }


def shared_numbers() -> Iterator[dict[str, Any]]:
    """One row for each pair of systems."""
    for path, cost in PAIRS:
        dearer_ps = round(host("modern").ps(cost) * 1.05)
        point, plan = point_of(path, 1)
        other = point_of(path, 1, f", costs: {{{cost}: {dearer_ps} ps}}")[1]
        below, above, alone = (means(point, which, seed) for which, seed in ((plan, 1), (other, 1), (other, 2)))
        shared, own = (intervals.ratio(sum(top) / sum(below), top, below) for top in (above, alone))
        assert shared is not None
        assert own is not None
        yield {
            "path": path,
            "cost": cost,
            "ratio": round(sum(above) / sum(below), 5),
            "half_width_shared": round(shared.half, 6),
            "half_width_own": round(own.half, 6),
            "packets_saved": round((own.half / shared.half) ** 2, 1),
        }


def means(point: Point, plan: Plan, seed: int) -> list[float]:
    """Mean latency of each replication."""
    found = []
    seeded = Point(point.series, point.parameters, point.scenario.model_copy(update={"seed": seed}))
    for number in range(REPLICATIONS):
        window = run(job_of(0, seeded, plan, "compiled", number, WARMUP))
        found.append(sum(ps for _, ps in window.slices) / sum(n for n, _ in window.slices))
    return found


def main() -> None:
    warm_up("compiled")
    rows: dict[str, Any] = {"goal": GOAL, "precision": [], "shared": []}
    for name, found in (("precision", times_to_precision()), ("shared", shared_numbers())):
        for row in found:
            rows[name].append(row)
            print(", ".join(f"{key} {value}" for key, value in row.items()), flush=True)
    # who wants a fixed number for all of them takes the largest
    fixed = max(row["least_fixed"] for row in rows["precision"])
    rows["fixed"] = fixed
    spent = [sum(row[key] for row in rows["precision"]) for key in ("cpu_s", "least_fixed_cpu_s")]
    every = sum(fixed * row["cpu_s_each"] for row in rows["precision"])
    print(
        f"all paths: {spent[0]:.1f} CPU s; {fixed} replications of each: {every:.1f}; the least of each in hindsight: {spent[1]:.1f}"
    )
    if "--write" in sys.argv[1:]:
        record.keep("price", rows)


if __name__ == "__main__":
    main()
