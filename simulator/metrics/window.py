"""The raw material of every metric: sums over entities of one measurement window, and windows of replications added up.

1. `total` and `by_place` read counters of one kind of entity; `seconds` is the length of the window.
2. `pool` adds the windows of several replications of one plan into a single window: counts, times and histograms add,
   extremes keep the extreme. Every metric of a pooled window is therefore the exact average (or percentile) over all
   of them.

*Scope*: windows of one plan. Pooling windows of different plans is refused.
*Validation*: tests/unit/test_metrics.py (pooling equals adding by hand, order does not matter).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from simulator.errors import EngineError
from simulator.plan.model import Plan
from simulator.plan.trace import MAIL, Trace

PS_PER_SECOND = 10**12
NOTHING_RECORDED = -1


def length_ps(trace: Trace) -> int:
    """Length of the measurement window in ps."""
    return trace.end_ps - trace.start_ps


def by_place(trace: Trace, entities: Iterable[str], metric: str) -> dict[str, int]:
    """The non-zero values of one counter, by entity name, in the order of the plan."""
    values = {name: trace.counters[f"{name}.{metric}"] for name in entities}
    return {name: value for name, value in values.items() if value}


def total(trace: Trace, entities: Iterable[str], metric: str) -> int:
    """One counter summed over entities."""
    return sum(trace.counters[f"{name}.{metric}"] for name in entities)


def source_names(plan: Plan) -> tuple[str, ...]:
    """Names of the plan's sources of packets."""
    return tuple(source.name for source in plan.sources if not source.name.endswith(MAIL))


def sink_names(plan: Plan) -> tuple[str, ...]:
    """Names of the plan's sinks of packets."""
    return tuple(sink.name for sink in plan.sinks if not sink.name.endswith(MAIL))


def queue_names(plan: Plan) -> tuple[str, ...]:
    """Names of the plan's queues and descriptor rings."""
    return (*(fifo.name for fifo in plan.fifos), *(ring.name for ring in plan.rings))


def drop_places(plan: Plan) -> tuple[str, ...]:
    """Names of everything that may drop packets."""
    switches, links = (switch.name for switch in plan.switches), (link.name for link in plan.links)
    queues = (name for name in queue_names(plan) if not name.endswith(MAIL))
    return (*source_names(plan), *queues, *switches, *links)


def messages(plan: Plan, trace: Trace) -> tuple[int, int, int]:
    """Messages between functions that were sent, read, and found no room; they are in flight as packets are."""
    kinds = ((plan.sources, "offered"), (plan.sinks, "count"), (plan.fifos, "dropped"))
    sent, read, lost = (
        total(trace, [entity.name for entity in entities if entity.name.endswith(MAIL)], metric)
        for entities, metric in kinds
    )
    return sent, read, lost


def executor_names(plan: Plan, kind: str) -> tuple[str, ...]:
    """Names of the executors of `kind` ``core`` or ``vcpu``."""
    return tuple(executor.name for executor in plan.executors if executor.kind == kind)


def ratio(numerator: int, denominator: int) -> float | None:
    """The quotient, correctly rounded; None where nothing was counted."""
    return numerator / denominator if denominator else None


def pool(traces: Sequence[Trace]) -> Trace:
    """Add windows of replications of one plan into one; the result starts at 0 and has no log. Raises EngineError if
    they do not match."""
    first = traces[0]
    if any(trace.counters.keys() != first.counters.keys() for trace in traces):
        raise EngineError("windows of different plans cannot be pooled")
    return Trace(
        start_ps=0,
        end_ps=sum(map(length_ps, traces)),
        handled=sum(trace.handled for trace in traces),
        in_flight_start=sum(trace.in_flight_start for trace in traces),
        in_flight_end=sum(trace.in_flight_end for trace in traces),
        counters={name: _pooled(name, [trace.counters[name] for trace in traces]) for name in first.counters},
        histograms={name: _added(trace.histograms[name] for trace in traces) for name in first.histograms},
        stages={name: _stage_sums([trace.stages[name] for trace in traces]) for name in first.stages},
        interval_ps=first.interval_ps,
        sums=_interval_sums(traces),
    )


def _interval_sums(traces: Sequence[Trace]) -> tuple[tuple[int, ...], ...]:
    """Interval by interval, what all windows have added in it."""
    if len({(trace.interval_ps, len(trace.sums)) for trace in traces}) > 1:
        raise EngineError("windows with different intervals cannot be pooled")
    rows = zip(*(trace.sums for trace in traces), strict=True)
    return tuple(tuple(map(sum, zip(*row, strict=True))) for row in rows)


def _pooled(name: str, values: list[int]) -> int:
    metric = name.rpartition(".")[2]
    if metric in ("maximum", "maximum_ps"):
        return max(values)
    if metric == "minimum_ps":
        return min((value for value in values if value != NOTHING_RECORDED), default=NOTHING_RECORDED)
    return sum(values)


def _added(histograms: Iterable[dict[int, int]]) -> dict[int, int]:
    added: Counter[int] = Counter()
    for histogram in histograms:
        added.update(histogram)
    return dict(sorted(added.items()))


def _stage_sums(rows: list[tuple[tuple[int, int], ...]]) -> tuple[tuple[int, int], ...]:
    return tuple((sum(w for w, _ in column), sum(s for _, s in column)) for column in zip(*rows, strict=True))
