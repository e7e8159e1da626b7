"""One replication: a plan runs through its warm-up and its window on an engine, in slices that let it be stopped.

1. The engine is made with the plan, the seed and the number of the replication.
2. It runs to the end of the warm-up, `begin_window` clears every count, then it runs to the end of the window.
3. Between slices the run asks whether to stop; a run in slices equals one run.
4. If the window is divided, sums are read at the end of every interval: a row is what an interval has added.

*Scope*: one process, one plan. *Validation*: tests/unit/test_study_parts.py.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib import import_module
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
    interval_ps: int = 0
    """Length of the intervals by which the window is summed up; 0: it is not."""
    deadline_s: float | None = None
    """Reading of `time.monotonic`, the same clock in all processes of a machine, after which the run gives up."""


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


def run(job: Job, stopped: Callable[[], bool] = lambda: False) -> Trace:
    """The measured window of one replication. Raises Interrupted when `stopped()` says so, EngineError if stages do
    not add up."""
    engine = engine_named(job.engine)(job.plan, job.seed, job.replication)
    _advance(engine, 0, job.warmup_ps, stopped, job.deadline_s)
    engine.begin_window()
    if job.interval_ps:
        trace = _in_intervals(engine, job, stopped)
    else:
        _advance(engine, job.warmup_ps, job.duration_ps, stopped, job.deadline_s)
        trace = engine.trace()
    if residual := stages.residual_ps(job.plan, trace):
        raise EngineError(f"latency and its stages differ by {residual} ps over all delivered packets")
    return trace


def _in_intervals(engine: Engine, job: Job, stopped: Callable[[], bool]) -> Trace:
    rows, before = [], engine.sums()
    for start_ps in range(0, job.duration_ps, job.interval_ps):
        length_ps = min(job.interval_ps, job.duration_ps - start_ps)
        _advance(engine, job.warmup_ps + start_ps, length_ps, stopped, job.deadline_s)
        now = engine.sums()
        rows.append(tuple(after - earlier for after, earlier in zip(now, before, strict=True)))
        before = now
    return replace(engine.trace(), interval_ps=job.interval_ps, sums=tuple(rows))


def over(deadline_s: float | None) -> bool:
    """Whether the time allowed has passed."""
    return deadline_s is not None and monotonic() >= deadline_s


def _advance(
    engine: Engine, start_ps: int, length_ps: int, stopped: Callable[[], bool], deadline_s: float | None
) -> None:
    for part in range(1, SLICES + 1):
        if stopped():
            raise Interrupted("stopped")
        if over(deadline_s):
            raise OutOfTime(OUT_OF_TIME)
        engine.run(start_ps + length_ps * part // SLICES)
