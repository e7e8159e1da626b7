"""How long a study will take on this machine: a few of its points are run for a moment, the rest follows.

1. The first and the last point run from their start for a `GLANCE_S`. Where they do not say that nobody will wait for the whole, up to
   `SAMPLES` points, spread over the study, run until `PATIENCE_S` have passed or they end.
2. A point costs its seconds per simulated time so far, times its simulated time, times its replications; points
   between two samples cost their mean.
3. The sum is shared by the workers.

A start is not the whole run (queues fill later), and the machine may have other work: good to a factor of two.

*Scope*: a sentence before a long wait; no result depends on it. *Validation*: tests/unit/test_study.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from time import perf_counter

from simulator.plan.model import Plan
from simulator.scenario import Point
from simulator.sriov.schedule import plan_of
from simulator.study.runs import engine_named

SAMPLES = 5
GLANCE_S = 0.05
PATIENCE_S = 0.2
SHORT_S = 3.0
"""A study of which two points say so much is short, even if the others take three times as long."""
_FIRST_STEP_PS = 10_000_000


def seconds(points: Sequence[Point], engine: str, workers: int) -> float:
    """Expected duration of all runs of all points, none of which is stored."""
    count = min(SAMPLES, len(points))
    chosen = [points[index * (len(points) - 1) // max(1, count - 1)] for index in range(count)]
    ends = {id(point): point for point in (chosen[0], chosen[-1])}
    used = [_seconds_of(point, engine, GLANCE_S) for point in ends.values()]
    if sum(used) / len(used) * len(points) >= SHORT_S:
        used = [_seconds_of(point, engine, PATIENCE_S) for point in chosen]
    return (
        sum(used) / len(used) * len(points) / max(1, min(workers, len(points) * points[0].scenario.first_replications))
    )


def _seconds_of(point: Point, engine: str, patience_s: float) -> float:
    window = point.scenario.measurement
    plan, length_ps = plan_of(point.scenario), window.before_ps + window.duration_ps
    used_s, reached_ps = _probe(plan, engine, point.scenario.seed, length_ps, patience_s)
    return used_s * length_ps / reached_ps * point.scenario.first_replications


def _probe(plan: Plan, engine: str, seed: int, length_ps: int, patience_s: float) -> tuple[float, int]:
    running, reached_ps, step_ps = engine_named(engine)(plan, seed, 0), 0, _FIRST_STEP_PS
    started = perf_counter()
    while reached_ps < length_ps and perf_counter() - started < patience_s:
        reached_ps = min(length_ps, reached_ps + step_ps)
        running.run(reached_ps)
        step_ps *= 2 if perf_counter() - started < patience_s / 4 else 1
    return perf_counter() - started, max(1, reached_ps)
