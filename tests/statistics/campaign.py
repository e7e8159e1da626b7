"""``python -m tests.statistics [--trials N] [--case TEXT] [--workers N] [--write]``: how often nominal 95 % intervals cover the truth.

1. Each trial is what a user gets who states neither warm-up nor replications: a pilot run, MSER-5, replications until p99 is
   within 5 % and the mean within 2 %, at most a hundred. Only seeds differ.
2. Truths: M/M/1 and M/D/1 by formula; the VF path by runs of its own that are together over a hundred times as long as a trial.
3. ``filled`` starts with 4000 packets in the queue; ``filled, no cut`` is the same without the warm-up's cut: it has to fail.
4. Printed: coverage with its own standard error, trials, mean number of replications, share of trials that reached the precision.
5. A trial that has ended stands in a file below ``.cache/coverage``, one folder for each version of the program: the same command goes on from
   there. ``--write`` keeps the counts in results/answers/coverage.json, which the page "How good the answers are" prints.

*Scope*: a command of half an hour, not part of the suite. *Validation*:
tests/statistics/test_precision.py, test_intervals.py: the parts.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache
from math import exp, factorial, floor, log, sqrt
from multiprocessing import get_context
from pathlib import Path
from statistics import fmean, stdev
from tempfile import NamedTemporaryFile
from typing import Any

from scipy.optimize import brentq

from simulator.plan.draws import Stream, constant, exponential
from simulator.plan.model import Fifo, Input, Output, Plan, Sink, Source, Worker
from simulator.scenario import Point, load, points
from simulator.scenario.build import build
from simulator.statistics import intervals, precision
from simulator.study.provenance import program_hash
from simulator.study.ranges import Warmup, of_latency, widths
from simulator.study.replications import job_of, pilot_of, wanted, warmup_of
from simulator.study.runs import Window, run, warm_up
from tests.campaign import record

SERVICE_PS, US = 1_000_000, 10**6
P99 = Fraction(99, 100)
FIGURES = ("mean", "p99")
VF = """
schema: 1
name: coverage
host: modern
nic: {model: x710, moderation: {kind: gap, interval: 20 us}}
guests: [{name: vm, datapath: sriov-vf}]
traffic: [{name: load, kind: poisson, rate: 300 kpps, size: 64 B}]
measurement: {duration: 10 ms}
"""
JOURNAL, BATCH = record.ROOT / ".cache" / "coverage", 10
"""Where trials that have ended stand; how many a process does at a time."""
LONG_RUNS, LONG_PS = 40, 1_000_000_000_000
"""Replications for the truth of the VF path, and their length."""


@dataclass(frozen=True)
class Truth:
    """Mean and p99 in us; the standard errors of a truth that was simulated itself."""

    mean: float
    p99: float
    errors: tuple[float, float] = (0.0, 0.0)


@dataclass(frozen=True)
class Case:
    """What is simulated, what is right, and whether the warm-up is cut."""

    name: str
    plan: Callable[[], Plan]
    truth: Callable[[], Truth]
    cut: bool = True
    window_ps: int = 50_000_000_000
    """The default of a scenario, or another one."""


def station(load_: float, service: Stream, backlog: int = 0) -> Plan:
    """One server with Poisson arrivals; `backlog` packets are there at the beginning."""
    sources = (Source("arrivals", "open", "fifo", 0, size=1, flow=2, dst=2, gap=0),)
    if backlog:
        sources += (Source("backlog", "open", "fifo", 0, size=1, flow=2, dst=2, gap=4, max_packets=backlog),)
    return Plan(
        "station",
        stages=("station",),
        streams=(exponential("gap", round(SERVICE_PS / load_)), constant("size", 60), constant("zero", 0), service, constant("tight", 1)),
        sources=sources,
        sinks=(Sink("done"),),
        fifos=(Fifo("queue", 1 << 20, poller=0),),
        workers=(Worker("server", "hw", -1, (Input("fifo", 0),), (Output("sink", 0),), service=3, stage=0),),
    )  # fmt: skip


def mm1(load_: float) -> Truth:
    """Sojourn of M/M/1 with mean service 1 us: exponential with mean 1 / (1 - load)."""
    return Truth(1 / (1 - load_), -log(0.01) / (1 - load_))


def md1(load_: float) -> Truth:
    """Sojourn of M/D/1 with service 1 us: the Pollaczek-Khinchine mean, and p99 of Erlang's distribution of the wait."""

    def cdf(wait: float) -> float:
        terms = ((-load_ * (wait - k)) ** k / factorial(k) * exp(load_ * (wait - k)) for k in range(floor(wait) + 1))
        return (1 - load_) * sum(terms)

    return Truth(1 + load_ / (2 * (1 - load_)), 1 + brentq(lambda wait: cdf(wait) - 0.99, 0.0, 30.0))


@cache
def vf_point() -> Point:
    """The VF path: its only point."""
    with NamedTemporaryFile("w", suffix=".yaml") as file:
        file.write(VF)
        file.flush()
        return points(load(file.name))[0]


@cache
def vf_truth() -> Truth:
    """Mean and p99 of long runs whose seed no trial has."""
    plan, point = build(vf_point().scenario), vf_point()
    warmup = Warmup(100_000_000_000)
    job = replace(job_of(0, point, plan, "compiled", 0, warmup), duration_ps=LONG_PS, seed=10**9)
    windows = [run(replace(job, replication=number)) for number in range(LONG_RUNS)]
    own = [intervals.added(list(window.trace.histograms.values())) for window in windows]
    p99s = [intervals.within(histogram, P99) / US for histogram in own]
    means = [sum(ps for _, ps in w.slices) / sum(n for n, _ in w.slices) / US for w in windows]
    return Truth(
        fmean(means),
        intervals.within(intervals.added(own), P99) / US,
        (stdev(means) / sqrt(LONG_RUNS), stdev(p99s) / sqrt(LONG_RUNS)),
    )


def cases() -> Iterator[Case]:
    """All of them."""
    for load_ in (0.5, 0.8):
        yield Case(
            f"M/M/1 {load_}", lambda r=load_: station(r, exponential("service", SERVICE_PS)), lambda r=load_: mm1(r)
        )
    for load_ in (0.5, 0.8):
        yield Case(
            f"M/D/1 {load_}", lambda r=load_: station(r, constant("service", SERVICE_PS)), lambda r=load_: md1(r)
        )
    yield Case("VF path", lambda: build(vf_point().scenario), vf_truth, window_ps=10_000_000_000)
    filled = lambda: station(0.8, exponential("service", SERVICE_PS), 4000)  # noqa: E731
    yield Case("filled", filled, lambda: mm1(0.8))
    yield Case("filled, no cut", filled, lambda: mm1(0.8), cut=False)


def trial(case: Case, plan: Plan, number: int) -> tuple[list[Window], Warmup]:
    """What a user gets who states nothing, with seed number + 1."""
    point = vf_point()
    measurement = point.scenario.measurement.model_copy(update={"duration_ps": case.window_ps})
    scenario = point.scenario.model_copy(update={"seed": number + 1, "measurement": measurement})
    point = Point(point.series, point.parameters, scenario)
    warmup, times = None if case.cut else Warmup(0, stated=False), 1
    while warmup is None:
        warmup, times = warmup_of(point, run(pilot_of(0, point, plan, "compiled", times)), times), 2 * times
    windows: list[Window] = []
    while more := wanted(point, windows, warmup):
        first = len(windows)
        windows += [run(job_of(0, point, plan, "compiled", n, warmup)) for n in range(first, first + more)]
    return windows, warmup


Trial = tuple[int, bool, bool, bool, int, float]
"""Number, mean covered, p99 covered, precision reached, replications, warm-up in us."""


def outcome(case: Case, plan: Plan, number: int, truth: Truth) -> Trial:
    """What came of one trial."""
    windows, warmup = trial(case, plan, number)
    found, reached = of_latency(windows, FIGURES), widths(windows, FIGURES)
    covered = [found[figure].low <= getattr(truth, figure) <= found[figure].high for figure in FIGURES]
    kept = precision.holds(reached, precision.parse(precision.DEFAULT))
    return number, covered[0], covered[1], kept, len(windows), warmup.length_ps / US


def _batch(task: tuple[str, list[int], Truth]) -> list[Trial]:
    name, numbers, truth = task
    case = _named(name)
    plan = case.plan()
    return [outcome(case, plan, number, truth) for number in numbers]


def _named(name: str) -> Case:
    return next(case for case in cases() if case.name == name)


def _batches(case: Case, trials: int, workers: int, kept: Path) -> tuple[Truth, list[Trial]]:
    """Truth and trials of a case; those that `kept` holds are not done again."""
    stored = [json.loads(line) for line in kept.read_text().splitlines()] if kept.exists() else []
    truth = Truth(*stored[0]) if stored else case.truth()
    done = {line[0]: tuple(line) for line in stored[1:] if line[0] < trials}
    left = [number for number in range(trials) if number not in done]
    tasks = [(case.name, left[first : first + BATCH], truth) for first in range(0, len(left), BATCH)]
    kept.parent.mkdir(parents=True, exist_ok=True)
    with kept.open("a") as file, get_context("spawn").Pool(workers) as pool:
        if not stored:
            file.write(json.dumps([truth.mean, truth.p99, truth.errors]) + "\n")
        for found in pool.imap_unordered(_batch, tasks):
            file.writelines(json.dumps(one) + "\n" for one in found)
            file.flush()
            done |= {one[0]: one for one in found}
    return truth, [done[number] for number in sorted(done)]


def counted(name: str, truth: Truth, found: Sequence[Trial]) -> dict[str, Any]:
    """What a case came to: counts of trials, means of replications and warm-ups."""
    return {
        "case": name,
        "truth_us": [truth.mean, truth.p99],
        "truth_errors_us": list(truth.errors),
        "trials": len(found),
        "covered": {figure: sum(one[place] for one in found) for place, figure in enumerate(FIGURES, 1)},
        "reached": sum(one[3] for one in found),
        "replications": round(fmean(one[4] for one in found), 2),
        "warmup_us": round(fmean(one[5] for one in found), 1),
    }


def report(found: Mapping[str, Any]) -> str:
    """One line of what is printed."""
    trials = found["trials"]
    shares = {figure: count / trials for figure, count in found["covered"].items()}
    shown = ", ".join(
        f"{name} {share:.1%} ± {sqrt(share * (1 - share) / trials):.1%}" for name, share in shares.items()
    )
    return (
        f"{found['case']}: {trials} trials, covered {shown}; {found['replications']:.1f} replications, "
        f"precision reached in {found['reached'] / trials:.0%}, warm-up {found['warmup_us']:.0f} us"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--trials", type=int, default=1000)
    parser.add_argument("--case", default="")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    warm_up("compiled")
    rows = []
    for case in cases():
        if given.case in case.name:
            kept = JOURNAL / program_hash()[:12] / f"{re.sub('[^a-z0-9.]+', '-', case.name.lower())}.jsonl"
            rows.append(counted(case.name, *_batches(case, given.trials, given.workers, kept)))
            print(report(rows[-1]), flush=True)
    if given.write:
        record.keep("coverage", {"cases": rows})
