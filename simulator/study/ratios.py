"""Two series on the same traffic: by what factor they differ, and how sure that is.

1. The first series is what the others are set against, at equal swept values.
2. Replication n of both saw the same packets, so what chance does to one it does to the other; the interval of the ratio is made of
   the ratios of the pairs and is much narrower than two intervals beside each other.

*Scope*: the metrics of `COMPARED`; fewer than two replications have no interval. *Validation*: tests/unit/test_ratios.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from simulator.metrics import METRICS
from simulator.statistics import intervals

COMPARED = ("latency.mean", "latency.p50", "latency.p99", "delivered_pps", "host_work_cores")
"""Metrics of which ratios are taken, replication by replication."""
Entry = Mapping[str, Any]


def ratios(entries: Sequence[Entry]) -> list[dict[str, Any]]:
    """Series, the series it is set against, swept values, metric, ratio, ends of its 95 % interval (None without one)."""
    first: dict[tuple[tuple[str, str], ...], Entry] = {}
    found = []
    for entry in entries:
        base = first.setdefault(tuple(entry["parameters"].items()), entry)
        if base is not entry:
            found += list(_of(entry, base))
    return found


def _of(entry: Entry, base: Entry) -> Iterator[dict[str, Any]]:
    for metric in COMPARED:
        above, below = _value(entry, metric), _value(base, metric)
        if above is None or not below:
            continue
        pairs = [found["by_replication"][metric] for found in (entry, base)]
        known = all(value is not None for values in pairs for value in values)
        interval = intervals.ratio(above / below, *pairs) if known else None
        yield {
            "series": entry["series"],
            "against": base["series"],
            "parameters": dict(entry["parameters"]),
            "metric": metric,
            "ratio": above / below,
            "low": None if interval is None else interval.low,
            "high": None if interval is None else interval.high,
        }


def _value(entry: Entry, metric: str) -> float | None:
    group, _, part = metric.partition(".")
    value: float | None = entry[f"{group}_{METRICS[metric].unit}"][part] if part else entry[group]
    return value
