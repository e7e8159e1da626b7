"""Trace -> numbers: one pure function per metric, each registered with its unit and one sentence.

1. A metric is a function of a plan and of one window's trace; `METRICS` names them all.
2. `measure` evaluates the whole registry into one JSON-ready dictionary, latency gathered under ``latency_us``.
3. `headline` gives the scalars that comparisons, ranges and thresholds are about.

Adding a metric: write the function, whose docstring is its sentence, and add one line here.

*Scope*: one window, or several replications of one plan added up by `pool`.
*Validation*: tests/unit/test_metrics.py; every metric appears in docs/reference/metrics.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from simulator.metrics import cpu, events, latency, rates, resources, stages
from simulator.metrics.window import pool
from simulator.plan.model import Plan
from simulator.plan.trace import Trace

__all__ = ["METRICS", "Metric", "headline", "measure", "pool"]

LATENCY = ("mean", *latency.PERCENTILES, "max")


@dataclass(frozen=True, slots=True)
class Metric:
    """A number (or a table of numbers) of one measurement window."""

    name: str
    unit: str
    sentence: str
    of: Callable[[Plan, Trace], Any]
    scalar: bool = True


def _metric(name: str, unit: str, of: Callable[[Plan, Trace], Any], *, scalar: bool = True) -> Metric:
    # One sentence per metric: the first line of its function's docstring.
    return Metric(name, unit, (of.__doc__ or "").partition("\n")[0], of, scalar)


def _latency(name: str) -> Metric:
    sentence = "Mean latency of the delivered packets." if name == "mean" else "Largest latency of a delivered packet."
    if name in latency.PERCENTILES:
        sentence = f"Latency that {name[1:]} % of the delivered packets do not exceed; null with under 10 above it."
    return Metric(f"latency.{name}", "us", sentence, partial(_latency_part, name))


def _latency_part(name: str, plan: Plan, trace: Trace) -> float | None:
    return latency.latency_us(plan, trace)[name]


_SCALARS = (
    _metric("offered_pps", "packets/s", rates.offered_pps),
    _metric("delivered_pps", "packets/s", rates.delivered_pps),
    _metric("throughput_bps", "bit/s", rates.throughput_bps),
    *map(_latency, LATENCY),
    _metric("loss_ratio", "1", rates.loss_ratio),
    _metric("steady", "bool", resources.steady),
    _metric("host_work_cores", "cores", cpu.host_work_cores),
    _metric("guest_work_cores", "cores", cpu.guest_work_cores),
    _metric("polling_cores", "cores", cpu.polling_cores),
    _metric("host_cores_busy", "cores", cpu.host_cores_busy),
    _metric("guest_cores_busy", "cores", cpu.guest_cores_busy),
    _metric("host_cores_per_mpps", "cores/Mpps", cpu.host_cores_per_mpps),
    _metric("host_cores_per_gbps", "cores/Gbit/s", cpu.host_cores_per_gbps),
    _metric("exits_per_packet", "1", events.exits_per_packet),
    _metric("interrupts_per_packet", "1", events.interrupts_per_packet),
)
_TABLES = (
    _metric("latency_by_sink", "us", latency.latency_by_sink, scalar=False),
    _metric("drops", "packets", rates.drops, scalar=False),
    _metric("exits", "exits", events.exits, scalar=False),
    _metric("exits_by_cause", "exits", events.exits_by_cause, scalar=False),
    _metric("notifications", "1", events.notifications, scalar=False),
    _metric("stages", "us", stages.stages, scalar=False),
    _metric("core_seconds", "s", cpu.core_seconds, scalar=False),
    _metric("work_split", "cores", cpu.work_split, scalar=False),
    _metric("link_utilisation", "1", resources.link_utilisation, scalar=False),
    _metric("locks", "1", resources.locks, scalar=False),
    _metric("occupancy", "packets", resources.occupancy, scalar=False),
    _metric("batch_size", "packets", resources.batch_size, scalar=False),
    _metric("bottleneck", "sentence", resources.bottleneck, scalar=False),
)
METRICS: Mapping[str, Metric] = {metric.name: metric for metric in (*_SCALARS, *_TABLES)}


def headline(plan: Plan, trace: Trace) -> dict[str, float | None]:
    """The scalar metrics by registered name."""
    return _values(plan, trace, [metric for metric in METRICS.values() if metric.scalar])


def measure(plan: Plan, trace: Trace) -> dict[str, Any]:
    """All metrics of one window, ready for JSON: scalars and tables by name, latencies as ``latency_us: {mean: ...,
    p50: ...}``."""
    result: dict[str, Any] = {}
    for name, value in _values(plan, trace, METRICS.values()).items():
        group, _, part = name.partition(".")
        if part:
            result.setdefault(f"{group}_{METRICS[name].unit}", {})[part] = value
        else:
            result[name] = value
    return result


def _values(plan: Plan, trace: Trace, metrics: Iterable[Metric]) -> dict[str, Any]:
    # Adding up the sinks' histograms is the dear part with many guests, and seven metrics need it.
    latencies = latency.latency_us(plan, trace)
    return {
        metric.name: latencies[part] if group == "latency" else metric.of(plan, trace)
        for metric in metrics
        for group, _, part in [metric.name.partition(".")]
    }
