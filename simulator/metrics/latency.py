"""Latency of the delivered packets: mean, percentiles and maximum from exact sums and a log-linear histogram.

1. The histograms of all sinks (and, in a pooled window, of all replications) are added.
2. The p-quantile of n samples is the ceil(p n)-th smallest, reported as the upper edge of its bucket (at most 0.8 %
   high) and never above the exact maximum.
3. Where fewer than ten samples lie above it (n (1 - p) < 10) a percentile is None: the tail was not seen often enough.

Latency runs from the instant a source makes a packet (for a request: the request) to its delivery to the application.

*Scope*: one distribution per window. *Validation*: tests/unit/test_metrics.py (against sorted samples, hypothesis).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from fractions import Fraction
from itertools import accumulate
from threading import local

from simulator.metrics import window
from simulator.plan.model import Plan
from simulator.plan.trace import Trace, histogram_upper

PS_PER_US = 10**6
SAMPLES_ABOVE = 10
PERCENTILES = {
    "p50": Fraction(50, 100),
    "p90": Fraction(90, 100),
    "p99": Fraction(99, 100),
    "p99.9": Fraction(999, 1000),
    "p99.99": Fraction(9999, 10000),
}


def histogram(plan: Plan, trace: Trace) -> dict[int, int]:
    """Bucket index -> packets, added over all sinks, in ascending order."""
    return _histogram(trace, _recorded(plan, trace))


def maximum_ps(plan: Plan, trace: Trace) -> int | None:
    """Largest latency, exact; None if nothing was delivered."""
    return max((trace.counters[f"{name}.maximum_ps"] for name in _recorded(plan, trace)), default=None)


def minimum_ps(plan: Plan, trace: Trace) -> int | None:
    """Smallest latency, exact; None if nothing was delivered."""
    return min((trace.counters[f"{name}.minimum_ps"] for name in _recorded(plan, trace)), default=None)


def sum_ps(plan: Plan, trace: Trace) -> int:
    """Sum of the latencies, exact."""
    return window.total(trace, window.sink_names(plan), "sum_ps")


def quantile_ps(buckets: dict[int, int], maximum: int, p: Fraction) -> int | None:
    """The p-quantile of a histogram whose keys ascend, by the rules above; None where the tail is too thin."""
    return _quantile_ps(list(buckets), list(accumulate(buckets.values())), maximum, p)


def _quantile_ps(indices: list[int], seen: list[int], maximum: int, p: Fraction) -> int | None:
    """The p-quantile of buckets and the packets up to each of them."""
    samples = seen[-1] if seen else 0
    if samples * (p.denominator - p.numerator) < SAMPLES_ABOVE * p.denominator:
        return None
    rank = -((-p.numerator * samples) // p.denominator)
    return min(histogram_upper(indices[bisect_left(seen, rank)]), maximum)


def latency_us(plan: Plan, trace: Trace) -> dict[str, float | None]:
    """Mean, percentiles and maximum in microseconds; None where there is nothing to say."""
    return _latency_us(trace, _recorded(plan, trace))


def latency_by_sink(plan: Plan, trace: Trace) -> dict[str, dict[str, float | None]]:
    """Packets delivered and their latency in microseconds, sink by sink; sinks that recorded nothing are left out."""
    sinks = _recorded(plan, trace)
    return {name: {"count": trace.counters[f"{name}.count"], **_latency_us(trace, [name])} for name in sinks}


def of_sinks(trace: Trace, sinks: Iterable[str]) -> dict[str, float | None]:
    """Mean, percentiles and maximum in microseconds of what these sinks recorded together."""
    return _latency_us(trace, [name for name in sinks if trace.counters[f"{name}.count"]])


def _recorded(plan: Plan, trace: Trace) -> list[str]:
    return [name for name in window.sink_names(plan) if trace.counters[f"{name}.count"]]


def _histogram(trace: Trace, sinks: list[str]) -> dict[int, int]:
    if len(sinks) == 1:
        return dict(sorted(trace.histograms[sinks[0]].items()))
    added: dict[int, int] = {}
    for name in sinks:
        for index, count in trace.histograms[name].items():
            added[index] = added.get(index, 0) + count
    return dict(sorted(added.items()))


_asked = local()
"""The trace that was asked about last, and what was answered: half of all metrics of a window need the same few distributions."""


def _latency_us(trace: Trace, sinks: list[str]) -> dict[str, float | None]:
    if getattr(_asked, "trace", None) is not trace:
        _asked.trace, _asked.answers = trace, {}
    answers: dict[tuple[str, ...], dict[str, float | None]] = _asked.answers
    key = tuple(sinks)
    if key not in answers:
        answers[key] = _computed_us(trace, sinks)
    return dict(answers[key])


def _computed_us(trace: Trace, sinks: list[str]) -> dict[str, float | None]:
    if not sinks:
        return dict.fromkeys(("mean", *PERCENTILES, "max"))
    buckets, largest = _histogram(trace, sinks), max(trace.counters[f"{name}.maximum_ps"] for name in sinks)
    indices, seen = list(buckets), list(accumulate(buckets.values()))
    values: dict[str, float | None] = {"mean": window.total(trace, sinks, "sum_ps") / (seen[-1] * PS_PER_US)}
    values |= {name: _us(_quantile_ps(indices, seen, largest, p)) for name, p in PERCENTILES.items()}
    return values | {"max": _us(largest)}


def _us(value_ps: int | None) -> float | None:
    return None if value_ps is None else value_ps / PS_PER_US
