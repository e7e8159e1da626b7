"""Sums by intervals: the same from both engines, and rows add up to the window."""

from __future__ import annotations

import pytest

from simulator.metrics import pool
from simulator.metrics.intervals import over_time
from simulator.plan.model import Plan
from simulator.plan.trace import Trace, sum_names
from simulator.study.runs import Job, run
from tests.engines.random_plans import random_plan

WARMUP_PS, DURATION_PS, INTERVAL_PS = 5_000_000, 40_000_000, 7_000_000
PLANS = (3, 4, 8, 13, 28)


def window(plan: Plan, engine: str, replication: int = 0) -> Trace:
    return run(Job(0, plan, WARMUP_PS, DURATION_PS, engine, 1, replication, interval_ps=INTERVAL_PS)).trace


@pytest.mark.parametrize("seed", PLANS)
def test_rows_add_up_and_engines_agree(seed: int) -> None:
    plan, _ = random_plan(seed)
    trace = window(plan, "compiled")
    assert trace.sums == window(plan, "reference").sums
    assert len(trace.sums) == 6
    for n, name in enumerate(sum_names(plan)):
        assert sum(row[n] for row in trace.sums) == trace.counters[name]


def test_a_window_in_intervals_is_the_window() -> None:
    plan, _ = random_plan(PLANS[0])
    whole = run(Job(0, plan, WARMUP_PS, DURATION_PS, "compiled", 1, 0)).trace
    assert whole.sums == ()
    assert window(plan, "compiled").counters == whole.counters


def test_rows_are_means_of_replications_with_a_shorter_last_interval() -> None:
    plan, _ = random_plan(PLANS[0])
    traces = [window(plan, "compiled", number) for number in range(3)]
    rows = over_time(plan, pool(traces), runs=3)
    assert [row["start_s"] for row in rows] == [n * INTERVAL_PS / 1e12 for n in range(6)]
    offered = sum(row["offered_pps"] * length for row, length in zip(rows, [7e-6] * 5 + [5e-6], strict=True))
    names = sum_names(plan)
    made = sum(row[n] for t in traces for row in t.sums for n, name in enumerate(names) if name.endswith(".offered"))
    assert offered == pytest.approx(made / 3)
