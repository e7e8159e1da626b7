"""The latency budget: for every stage of the path, the mean wait and the mean service of a delivered packet.

*Service* is work done for this packet; *wait* is everything else while it stood in that stage: other packets,
moderation, wake-ups, displaced cores. Stages add up to the latency of every packet, so the budget adds up to the mean
exactly.

*Scope*: delivered packets only; a dropped packet leaves no trace here. *Validation*: tests/unit/test_metrics.py;
`residual_ps` must be 0, and a study refuses a run in which it is not.
"""

from __future__ import annotations

from simulator.metrics import window
from simulator.metrics.latency import PS_PER_US, sum_ps
from simulator.metrics.rates import delivered
from simulator.plan.model import Plan
from simulator.plan.trace import Trace

StageRow = dict[str, str | float]


def stage_sums_ps(plan: Plan, trace: Trace) -> list[tuple[str, int, int]]:
    """(stage, wait, service) summed over all delivered packets in ps; stages that no packet entered are left out."""
    sums = []
    for index, name in enumerate(plan.stages):
        cells = [trace.stages[sink][index] for sink in window.sink_names(plan)]
        wait, service = sum(cell[0] for cell in cells), sum(cell[1] for cell in cells)
        if wait or service:
            sums.append((name, wait, service))
    return sums


def residual_ps(plan: Plan, trace: Trace) -> int:
    """Sum of latencies minus sum of stages: 0 in a sound run."""
    return sum_ps(plan, trace) - sum(wait + service for _, wait, service in stage_sums_ps(plan, trace))


def stages(plan: Plan, trace: Trace) -> list[StageRow]:
    """Mean wait and service per delivered packet in microseconds, in the order of the path."""
    unit = delivered(plan, trace) * PS_PER_US
    if not unit:
        return []
    return [{"name": name, "wait_us": w / unit, "service_us": s / unit} for name, w, s in stage_sums_ps(plan, trace)]
