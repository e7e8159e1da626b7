"""Throughput, latency and loss over time: one row per interval of the window, in place of one number for all of it.

1. Each row is made of what an interval has added to the sums that engines keep (``simulator.plan.trace.SUMS``).
2. The latency of a row is that of the packets delivered in it, whenever they were sent; what was dropped in it may have been
   offered before.

*Scope*: means; no percentiles per interval. *Validation*: ``tests/unit/test_intervals.py``: rows add up to the window.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from simulator.metrics import window
from simulator.metrics.rates import BITS_PER_BYTE
from simulator.plan.model import Plan
from simulator.plan.trace import Trace, sum_names

PS_PER_US = 10**6


def over_time(
    plan: Plan,
    trace: Trace,
    runs: int = 1,
    sources: Collection[str] | None = None,
    sinks: Collection[str] | None = None,
) -> list[dict[str, Any]]:
    """One row per interval: ``start_s`` after the beginning of the window, ``offered_pps``, ``delivered_pps``, ``throughput_bps``,
    ``latency_mean_us`` (None if nothing came), ``dropped`` packets of one run; of these `sources` and `sinks`, or of all.

    `runs`: of how many windows `trace` is the sum. Drops are those of the whole machine, whoever sent the packets.
    """
    names = sum_names(plan)
    sent = set(window.source_names(plan) if sources is None else sources)
    ends = set(window.sink_names(plan) if sinks is None else sinks)
    columns = {
        "offered": [n for n, name in enumerate(names) if _is(name, sent, "offered")],
        "count": [n for n, name in enumerate(names) if _is(name, ends, "count")],
        "bytes": [n for n, name in enumerate(names) if _is(name, ends, "bytes")],
        "sum_ps": [n for n, name in enumerate(names) if _is(name, ends, "sum_ps")],
        "dropped": [n for n, name in enumerate(names) if name.endswith(".dropped")],
    }
    whole_ps = window.length_ps(trace) // runs
    rows = []
    for number, row in enumerate(trace.sums):
        found = {name: sum(row[n] for n in picked) for name, picked in columns.items()}
        start_ps = number * trace.interval_ps
        rows.append(_row(found, start_ps, min(trace.interval_ps, whole_ps - start_ps) * runs, runs))
    return rows


def _is(name: str, owners: Collection[str], metric: str) -> bool:
    owner, _, last = name.rpartition(".")
    return last == metric and owner in owners


def _row(found: dict[str, int], start_ps: int, length_ps: int, runs: int) -> dict[str, Any]:
    def rate(amount: int) -> float | None:
        return window.ratio(amount * window.PS_PER_SECOND, length_ps)

    return {
        "start_s": start_ps / window.PS_PER_SECOND,
        "offered_pps": rate(found["offered"]),
        "delivered_pps": rate(found["count"]),
        "throughput_bps": rate(found["bytes"] * BITS_PER_BYTE),
        "latency_mean_us": window.ratio(found["sum_ps"], found["count"] * PS_PER_US),
        "dropped": found["dropped"] / runs,
    }
