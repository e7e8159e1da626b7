"""The measuring rod: a row of M/M/1 stations as a plan for the compiled engine, with histograms and stages on.

Mean time in a row of n stations: n / (1 - load) mean services (Burke 1956: each station sees a Poisson stream).

*Scope*: exponential service, queues that never fill. *Validation*: every use is checked against the mean.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

from benchmarks.measure import cpu_seconds, require_near
from simulator.engines.compiled.engine import CompiledEngine
from simulator.plan.check import require
from simulator.plan.draws import constant, exponential
from simulator.plan.model import Fifo, Input, Output, Plan, Sink, Source, Worker

STATIONS = 8
LOAD = 0.8
MEAN_SERVICES = STATIONS / (1 - LOAD)
SERVICE_PS = 1_000_000
DEVIATIONS = 5
"""How many standard deviations the measured mean may be off: once in two million runs by chance."""
_RELATIVE_DEVIATION = 5.4
"""Standard deviation of the measured mean / the mean * sqrt(packets): 5.3 measured over 80 runs of 100,000 packets."""


@dataclass(frozen=True, slots=True)
class Run:
    """What a simulator of the tandem reports."""

    delivered: int
    cpu_s: float
    mean_services: float

    @property
    def hops_per_cpu_s(self) -> float:
        """Stations passed per CPU second."""
        return self.delivered * STATIONS / self.cpu_s


def plan(stations: int = STATIONS, load: float = LOAD) -> Plan:
    """Poisson arrivals into `stations` queues, each with its own server."""
    services = tuple(exponential(f"service{i}", SERVICE_PS) for i in range(stations))
    made = Plan(
        "tandem",
        stages=tuple(f"station {i}" for i in range(stations)),
        streams=(exponential("gap", round(SERVICE_PS / load)), constant("size", 60), constant("zero", 0), *services),
        sources=(Source("arrivals", "open", "fifo", 0, size=1, flow=2, dst=2, gap=0),),
        sinks=(Sink("done"),),
        fifos=tuple(Fifo(f"queue{i}", 1 << 20, poller=i) for i in range(stations)),
        workers=tuple(_server(i, last=i + 1 == stations) for i in range(stations)),
    )
    require(made)
    return made


def _server(number: int, last: bool) -> Worker:
    output = Output("sink", 0) if last else Output("fifo", number + 1)
    return Worker(f"server{number}", "hw", -1, (Input("fifo", number),), (output,), service=3 + number, stage=number)


def simulate(packets: int, replication: int) -> Run:
    """About `packets` packets through the compiled engine; making the engine and its first draws counts."""
    tandem = plan()
    engines: list[CompiledEngine] = []

    def work() -> None:
        engines.append(CompiledEngine(tandem, 1, replication))
        engines[0].run(round(packets * SERVICE_PS / LOAD))

    cpu_s = cpu_seconds(work)
    counters = engines[0].trace().counters
    count = counters["done.count"]
    return Run(count, cpu_s, counters["done.sum_ps"] / count / SERVICE_PS)


def require_mean(who: str, runs: list[Run]) -> None:
    """Raise WrongResult unless the mean over all `runs` is the known one, chance allowed for."""
    delivered = sum(run.delivered for run in runs)
    found = sum(run.mean_services * run.delivered for run in runs) / delivered
    tolerance = DEVIATIONS * _RELATIVE_DEVIATION / sqrt(delivered)
    require_near(f"{who}: mean services in the tandem", found, MEAN_SERVICES, tolerance)
