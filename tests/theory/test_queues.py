"""A hardware worker with a service stream behind a Fifo is a queueing station: both engines against exact answers.

Each case runs independent replications with fixed seeds and compares their mean with the exact value by Student's t:
|t| < 4.5 fails by chance once in 17,000 cases with 40 replications and once in 2,400 with 16. Known answers are the
textbooks' (Kleinrock 1975; Erlang 1909 for M/D/1); the time unit of the formulas is one mean service, here 1 us.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import exp, factorial, floor, log, sqrt
from statistics import fmean, stdev

import pytest

from simulator.plan.check import require
from simulator.plan.draws import Stream, constant, exponential
from simulator.plan.model import Fifo, Input, Output, Plan, Sink, Source, Worker
from simulator.plan.trace import Engine, Trace, histogram_index, histogram_upper

SERVICE_PS = 1_000_000
LIMIT = 4.5
WARMUP = 1_000
"""Mean services: eleven relaxation times of M/M/1 at 0.8."""
EngineClass = Callable[..., Engine]


def stations(load: float, services: Sequence[Stream], capacity: int = 1 << 20) -> Plan:
    """Poisson arrivals into a row of stations; `capacity` counts the waiting places of each."""
    count = len(services)
    streams = (exponential("gap", round(SERVICE_PS / load)), constant("size", 60), constant("zero", 0), *services)
    workers = tuple(
        Worker(
            f"server{i}", "hw", -1, (Input("fifo", i),),
            (Output("fifo", i + 1) if i + 1 < count else Output("sink", 0),), service=3 + i, stage=i,
        )
        for i in range(count)
    )  # fmt: skip
    plan = Plan(
        "stations",
        stages=tuple(f"station {i}" for i in range(count)),
        streams=streams,
        sources=(Source("arrivals", "open", "fifo", 0, size=1, flow=2, dst=2, gap=0),),
        sinks=(Sink("done"),),
        fifos=tuple(Fifo(f"queue{i}", capacity, full="block" if i else "drop", poller=i) for i in range(count)),
        workers=workers,
    )
    require(plan)
    return plan


def windows(engine: EngineClass, plan: Plan, load: float, size: tuple[int, int]) -> list[Trace]:
    replications, customers = size
    traces = []
    for replication in range(replications):
        run = engine(plan, 1, replication)
        run.run(WARMUP * SERVICE_PS)
        run.begin_window()
        run.run(WARMUP * SERVICE_PS + round(customers * SERVICE_PS / load))
        traces.append(run.trace())
    return traces


def assert_mean(values: list[float], exact: float) -> None:
    t = (fmean(values) - exact) / (stdev(values) / sqrt(len(values)))
    assert abs(t) < LIMIT, f"mean {fmean(values):.5g}, exact {exact:.5g}, t = {t:.2f}"


def mean_sojourn(trace: Trace) -> float:
    return trace.counters["done.sum_ps"] / trace.counters["done.count"] / SERVICE_PS


def share_within(trace: Trace, index: int) -> float:
    """Share of the sojourn times up to the upper edge of a bucket."""
    histogram = trace.histograms["done"]
    return sum(count for bucket, count in histogram.items() if bucket <= index) / trace.counters["done.count"]


def assert_distribution(traces: list[Trace], cdf: Callable[[float], float], near: Sequence[float]) -> None:
    for sojourn in near:
        index = histogram_index(round(sojourn * SERVICE_PS))
        edge = histogram_upper(index) / SERVICE_PS
        assert_mean([share_within(trace, index) for trace in traces], cdf(edge))


def wait_cdf_md1(load: float, wait: float) -> float:
    """P(W <= wait) in M/D/1 with service 1: Erlang's formula."""
    terms = ((-load * (wait - k)) ** k / factorial(k) * exp(load * (wait - k)) for k in range(floor(wait) + 1))
    return (1 - load) * sum(terms)


@pytest.mark.parametrize(("load", "wait", "p"), [(0.5, 3.3363, 0.99), (0.8, 5.0115, 0.9), (0.8, 10.3559, 0.99)])
def test_the_formula_gives_the_tabulated_waits(load: float, wait: float, p: float) -> None:
    assert wait_cdf_md1(load, wait) == pytest.approx(p, abs=2e-5)


@pytest.mark.parametrize("load", [0.5, 0.8])
def test_md1(engine: EngineClass, size: tuple[int, int], load: float) -> None:
    traces = windows(engine, stations(load, [constant("service", SERVICE_PS)]), load, size)
    assert_mean([mean_sojourn(trace) for trace in traces], 1 + load / (2 * (1 - load)))
    assert_distribution(traces, lambda sojourn: wait_cdf_md1(load, sojourn - 1), [1.5, 2.5, 4.5])


@pytest.mark.parametrize("load", [0.5, 0.8])
def test_mm1(engine: EngineClass, size: tuple[int, int], load: float) -> None:
    traces = windows(engine, stations(load, [exponential("service", SERVICE_PS)]), load, size)
    assert_mean([mean_sojourn(trace) for trace in traces], 1 / (1 - load))
    quantiles = [-log(1 - p) / (1 - load) for p in (0.5, 0.9)]
    assert_distribution(traces, lambda sojourn: 1 - exp(-(1 - load) * sojourn), quantiles)


@pytest.mark.parametrize(
    ("load", "places", "loss"), [(0.8, 8, 0.0387562), (1.2, 8, 0.2067329), (1.2, 64, 0.1666679)], ids=str
)
def test_mm1k_loses_what_erlang_says(
    engine: EngineClass, size: tuple[int, int], load: float, places: int, loss: float
) -> None:
    # One of the K places is the server's: the worker takes a packet out of the Fifo when it begins to serve it.
    plan = stations(load, [exponential("service", SERVICE_PS)], capacity=places - 1)
    traces = windows(engine, plan, load, size)
    assert_mean([t.counters["queue0.dropped"] / t.counters["arrivals.offered"] for t in traces], loss)


def test_tandem_of_eight(engine: EngineClass, size: tuple[int, int]) -> None:
    load = 0.8
    plan = stations(load, [exponential(f"service{i}", SERVICE_PS) for i in range(8)])
    traces = windows(engine, plan, load, (size[0], size[1] // 2))
    assert_mean([mean_sojourn(trace) for trace in traces], 40.0)
    erlang = [38.3462, 58.8546]

    def cdf(sojourn: float) -> float:
        x = sojourn * (1 - load)
        return 1 - exp(-x) * sum(x**k / factorial(k) for k in range(8))

    assert [round(cdf(sojourn), 5) for sojourn in erlang] == [0.5, 0.9]
    assert_distribution(traces, cdf, erlang)


def test_a_wrong_answer_is_noticed(engine: EngineClass, size: tuple[int, int]) -> None:
    traces = windows(engine, stations(0.5, [constant("service", SERVICE_PS)]), 0.5, size)
    with pytest.raises(AssertionError, match="exact"):
        assert_mean([mean_sojourn(trace) for trace in traces], 1.5 * 1.1)
