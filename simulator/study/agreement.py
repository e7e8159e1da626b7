"""Do the two engines agree? Each scenario on both, event by event, counter by counter.

1. Every point is built and run by the reference engine with its log, in growing steps, until it has handled `BUDGET`
   events or reached the end of its window; its window begins after a quarter of them, or at the end of its warm-up.
2. The compiled engine runs to the same instants.
3. Logs, counters, histograms, stages and packets in flight must be equal; the first difference is the verdict.

*Scope*: shortened windows with replication 0: agreement shown, not proved. *Validation*:
tests/unit/test_study.py, test_study_parts.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from simulator.plan.trace import Engine, Trace
from simulator.scenario import Point, load, points
from simulator.scenario.identity import identity
from simulator.sriov.schedule import plan_of
from simulator.study.limits import point_name
from simulator.study.runs import engine_named

IDENTICAL = "identical"
BUDGET = 12_000
HALVINGS = 14
COMPARED = ("handled", "in_flight_start", "in_flight_end")


def doctor(paths: Iterable[str | Path]) -> list[tuple[str, str]]:
    """(scenario, ``identical`` or the first difference) for each scenario file."""
    return [(str(path), _verdict(path)) for path in paths]


def _verdict(path: str | Path) -> str:
    for point in points(load(path)):
        try:
            difference = compare_engines(point)
        except Exception as error:
            # A crash of an engine is a finding about the installation, too.
            difference = f"{type(error).__name__}: {error}"
        if difference != IDENTICAL:
            return f"{point_name(identity(point))}: {difference}"
    return IDENTICAL


def compare_engines(point: Point, budget: int = BUDGET) -> str:
    """``identical`` or the first difference between the engines on one point. Raises SimulatorError if a run fails."""
    plan, window = plan_of(point.scenario), point.scenario.measurement
    reference = engine_named("reference")(plan, point.scenario.seed, 0, log=True)
    end_ps = window.before_ps + window.duration_ps
    begin_ps = _advance(reference, 0, window.before_ps, budget // 4)
    reference.begin_window()
    stop_ps = _advance(reference, begin_ps, end_ps, budget)
    compiled = engine_named("compiled")(plan, point.scenario.seed, 0, log=True)
    compiled.run(begin_ps)
    compiled.begin_window()
    compiled.run(stop_ps)
    return first_difference(reference.trace(), compiled.trace())


def _advance(engine: Engine, start_ps: int, end_ps: int, budget: int) -> int:
    """Run in steps that double, to `end_ps` or until `budget` events are handled; the instant reached."""
    now, step_ps = start_ps, 1 + (end_ps - start_ps >> HALVINGS)
    while now < end_ps and engine.trace().handled < budget:
        now = min(end_ps, start_ps + step_ps)
        engine.run(now)
        step_ps *= 2
    return now


def first_difference(reference: Trace, compiled: Trace) -> str:
    """``identical`` or one sentence: log first, since it says when the engines part."""
    return next(_differences(reference, compiled), IDENTICAL)


def _differences(reference: Trace, compiled: Trace) -> Iterator[str]:
    for number, (left, right) in enumerate(zip(reference.log, compiled.log, strict=False)):
        if left != right:
            yield f"log entry {number}: reference {left}, compiled {right}"
    if len(reference.log) != len(compiled.log):
        yield f"log: reference has {len(reference.log)} entries, compiled {len(compiled.log)}"
    for name in ("counters", "histograms", "stages"):
        left, right = getattr(reference, name), getattr(compiled, name)
        for key in sorted(left.keys() | right.keys()):
            if left.get(key) != right.get(key):
                yield f"{name}: {key}: reference {left.get(key)}, compiled {right.get(key)}"
    for name in COMPARED:
        if getattr(reference, name) != getattr(compiled, name):
            yield f"{name}: reference {getattr(reference, name)}, compiled {getattr(compiled, name)}"
