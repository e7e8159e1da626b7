"""One replication: a plan runs through its warm-up and its window on an engine, in slices that let it be stopped.

1. The engine is made with the plan, the seed and the number of the replication.
2. It runs to the end of the warm-up, `begin_window` clears every count, then it runs to the end of the window.
3. Between slices the run asks whether to stop; a run in slices equals one run. What was delivered in each slice of the window is
   kept, and in each of a few sections its latencies: from them come warm-up and intervals.
4. For results over time sums are read at the end of every interval: a row is what an interval has added.

*Scope*: one process, one plan. *Validation*: tests/unit/test_study_parts.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from importlib import import_module
from itertools import pairwise
from time import monotonic

from simulator.errors import EngineError, Interrupted, OutOfTime, unknown
from simulator.metrics import stages
from simulator.plan.model import Plan
from simulator.plan.trace import Engine, Trace

ENGINES = {
    "compiled": ("simulator.engines.compiled", "CompiledEngine"),
    "reference": ("simulator.engines.reference", "ReferenceEngine"),
}
SLICES = 100
LOOK_PS = 100_000_000
"""Of a warm-up, between two looks at whether to stop; a long one has `SLICES`."""
OUT_OF_TIME = "not finished in the time allowed; the same command goes on from here"


@dataclass(frozen=True, slots=True)
class Job:
    """One replication of one point: everything a worker process needs. Times in ps."""

    point: int
    plan: Plan
    warmup_ps: int
    duration_ps: int
    engine: str
    seed: int
    replication: int
    slices: int = SLICES
    """Parts of the window whose deliveries are kept."""
    sections: int = 0
    """Parts of the window whose latencies are kept; divides `slices`."""
    interval_ps: int = 0
    """Length of the intervals by which the window's sums are kept; 0: they are not."""
    pilot: int = 0
    """A run that looks for the end of the warm-up, so many times as long as the first one; 0: a replication."""
    deadline_s: float | None = None
    """Reading of `time.monotonic`, the same clock in all processes of a machine, after which the run gives up."""


@dataclass(frozen=True, slots=True)
class Window:
    """What one replication measured."""

    trace: Trace
    slices: tuple[tuple[int, int], ...]
    """(packets delivered, sum of their latencies in ps) in equal parts of the window."""
    sections: tuple[dict[int, int], ...] = ()
    """Latency histograms of equal parts of the window."""


def engine_named(name: str) -> Callable[..., Engine]:
    """The engine's class. Raises InputError with the choices for an unknown name."""
    if name not in ENGINES:
        raise unknown("--engine", "engine", name, ENGINES)
    module, member = ENGINES[name]
    found: Callable[..., Engine] = getattr(import_module(module), member)
    return found


def warm_up(name: str) -> None:
    """Let an engine compile itself once, before many workers would all wait for it."""
    engine_named(name)(Plan("warm-up"), 0).run(0)


def run(job: Job, stopped: Callable[[], bool] = lambda: False) -> Window:
    """The measured window of one replication. Raises Interrupted when `stopped()` says so, EngineError if stages do
    not add up."""
    engine = engine_named(job.engine)(job.plan, job.seed, job.replication)
    looks = max(1, min(SLICES, job.warmup_ps // LOOK_PS))
    for _ in _parts(engine, 0, job.warmup_ps, looks, stopped, job.deadline_s):
        pass
    engine.begin_window()
    slices, sections, intervals = [(0, 0)], [dict[int, int]()], _Intervals(engine, job)
    for part in _parts(intervals, job.warmup_ps, job.duration_ps, job.slices, stopped, job.deadline_s):
        slices.append(engine.delivered())
        if job.sections and part % (job.slices // job.sections) == 0:
            sections.append(engine.latencies())
    trace = replace(engine.trace(), interval_ps=job.interval_ps, sums=intervals.rows())
    if residual := stages.residual_ps(job.plan, trace):
        raise EngineError(f"latency and its stages differ by {residual} ps over all delivered packets")
    return Window(
        trace,
        tuple((count - n, total_ps - before) for (n, before), (count, total_ps) in pairwise(slices)),
        tuple(_since(before, after) for before, after in pairwise(sections)),
    )


def _since(before: dict[int, int], after: dict[int, int]) -> dict[int, int]:
    """What a histogram has got in the meantime."""
    return {index: more for index, count in after.items() if (more := count - before.get(index, 0))}


class _Intervals:
    """An engine that stops at the end of every interval of the window and keeps what it has added to the sums."""

    def __init__(self, engine: Engine, job: Job) -> None:
        self._engine = engine
        self._step_ps = job.interval_ps
        self._edge_ps = job.warmup_ps + job.interval_ps
        self._end_ps = job.warmup_ps + job.duration_ps
        self._sums = [engine.sums()] if job.interval_ps else []

    def run(self, until_ps: int) -> None:
        """Run, and read the sums at every edge on the way and at the end."""
        while self._step_ps and (edge_ps := min(self._edge_ps, self._end_ps)) <= until_ps:
            self._engine.run(edge_ps)
            self._sums.append(self._engine.sums())
            self._edge_ps += self._step_ps
            if edge_ps == self._end_ps:
                self._step_ps = 0
        self._engine.run(until_ps)

    def rows(self) -> tuple[tuple[int, ...], ...]:
        """What each interval has added."""
        return tuple(
            tuple(after - before for before, after in zip(earlier, later, strict=True))
            for earlier, later in pairwise(self._sums)
        )


def over(deadline_s: float | None) -> bool:
    """Whether the time allowed has passed."""
    return deadline_s is not None and monotonic() >= deadline_s


def _parts(
    engine: Engine | _Intervals,
    start_ps: int,
    length_ps: int,
    count: int,
    stopped: Callable[[], bool],
    deadline_s: float | None,
) -> Iterator[int]:
    """Run in `count` equal parts; the number of each, from 1, when it is done."""
    for part in range(1, count + 1):
        if stopped():
            raise Interrupted("stopped")
        if over(deadline_s):
            raise OutOfTime(OUT_OF_TIME)
        engine.run(start_ps + length_ps * part // count)
        yield part
