"""Run every point of a scenario's comparison and sweep, replicate, and put the results in order.

1. The scenario is read and all its points are checked, plans and thresholds included, before anything runs.
2. For each point a plan is built; a point that is stored already is taken from its file.
3. Replications are fanned out. When the last one of a point is in, the point asks for more of them (`replications.py`) or is
   assessed and stored.
4. A point whose run fails is kept as failed, with its reason; the others go on.

Every number depends on (scenario, seed, replication, engine) and nothing else: not on the number of workers, not on
the order in which they end. All points share their seed, so that they see the same traffic.

*Scope*: one machine. *Validation*: tests/unit/test_study.py.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import monotonic
from typing import Any

from simulator.errors import InputError, OutOfTime
from simulator.plan.fingerprint import fingerprint
from simulator.plan.model import Plan
from simulator.scenario import Point, Scenario, parse_threshold
from simulator.scenario.audit import audited, study, written_seed
from simulator.scenario.identity import identity
from simulator.sriov.schedule import plan_of, require_granted
from simulator.study.comparison import Comparison
from simulator.study.estimate import seconds
from simulator.study.fanout import fan_out
from simulator.study.folder import Folder, folder_of
from simulator.study.limits import breaches
from simulator.study.machine import cores
from simulator.study.point import PointResult, assess
from simulator.study.provenance import point_key
from simulator.study.ranges import Warmup
from simulator.study.replications import job_of, pilot_of, plans, stated_warmup, wanted, warmup_of
from simulator.study.runs import OUT_OF_TIME, Job, Window, engine_named, over, run, warm_up

Progress = Callable[[int, int], None]
"""Called with (runs done, runs in all)."""
MOST_REPLICATIONS = 10_000


def compare(
    path_or_scenario: str | Path | Scenario,
    *,
    overrides: Sequence[str] = (),
    engine: str = "compiled",
    workers: int | None = None,
    out: str | Path | None = None,
    progress: Progress | None = None,
    seed: int | None = None,
    replications: int | None = None,
    plot: bool = True,
    max_time_s: float | None = None,
    forecast: Callable[[float], None] | None = None,
    shown: Callable[[Comparison], None] | None = None,
    draws: int | None = None,
) -> Comparison:
    """Simulate all points of a scenario file (or of a scenario already loaded) and return the comparison.

    `overrides`: as ``--set`` takes them; `workers`: runs at once (default: one per core); `out`: folder under which
    the result folder is made, points as they finish, the rest at the end (default: nothing is written); `plot`:
    whether it gets a chart; `max_time_s`: points not finished by then fail, those that are stay stored for the next
    time; `forecast`: called before the first run with the seconds that all may take; `draws`: every finished point runs once more for
    each of so many machines drawn from the ranges of the costs, and gets a 90 % interval; `shown`: called with the result before
    tables are written and a chart is drawn. Raises InputError or
    ScenarioErrors for a bad scenario or option before anything is written; points that fail are in `failed`.
    """
    engine_named(engine)
    loaded, expanded = _audited(path_or_scenario, overrides)
    scenario = _with_options(loaded, seed, replications)
    found = tuple(_with_runs(point, loaded, scenario) for point in expanded)
    require_granted((point.scenario for point in found), loaded)
    thresholds = [parse_threshold(text) for text in scenario.thresholds]
    folder = folder_of(out, scenario, engine) if out is not None else None
    if folder is not None:
        folder.prepare()
    deadline_s = None if max_time_s is None else monotonic() + max_time_s
    work = _Work(found, engine, folder, progress, deadline_s)
    if forecast is not None:
        warm_up(engine)
        forecast(seconds(found, engine, workers or cores()))
    results = work.finish(workers or cores())
    if draws is not None:
        from simulator.study.uncertainty import attach

        results = attach(found, results, draws, engine, workers or cores(), progress)
    entries = [result.entry for result in results if not result.error]
    comparison = Comparison(
        scenario,
        engine,
        results,
        tuple(breaches(thresholds, entries, allow_unsteady=scenario.thresholds_allow == "unsteady")),
        folder.path if folder else None,
        work.taken_over,
    )
    if shown is not None:
        shown(comparison)
    if out is not None:
        comparison.save(out, plot=plot)
    return comparison


def _audited(given: str | Path | Scenario, overrides: Sequence[str]) -> tuple[Scenario, tuple[Point, ...]]:
    if not isinstance(given, Scenario):
        return study(given, overrides)
    if overrides:
        raise InputError("overrides", "belong to a file; set them when the scenario is loaded", overrides[0])
    return given, audited(given)


def _with_options(scenario: Scenario, seed: int | None, replications: int | None) -> Scenario:
    changes = {key: value for key, value in (("seed", seed), ("replications", replications)) if value is not None}
    for key, (least, most) in {"seed": (0, 2**63 - 1), "replications": (1, MOST_REPLICATIONS)}.items():
        if not least <= changes.get(key, least) <= most:
            raise InputError(key, f"must be from {least} to {most}", changes[key])
    return scenario.model_copy(update=changes)


def _with_runs(point: Point, loaded: Scenario, scenario: Scenario) -> Point:
    """The point with the study's number of replications, and its seed unless the point has one of its own."""
    update: dict[str, Any] = {"replications": scenario.replications, "precision": scenario.precision}
    if point.scenario.seed == written_seed(loaded):
        update["seed"] = scenario.seed
    return Point(point.series, point.parameters, point.scenario.model_copy(update=update))


@dataclass(slots=True)
class _Work:
    """What is under way: plans and windows of points that are not finished, results of those that are."""

    points: Sequence[Point]
    engine: str
    folder: Folder | None
    progress: Progress | None
    deadline_s: float | None = None
    results: dict[int, PointResult] = field(default_factory=dict)
    plans: dict[int, tuple[Plan, str]] = field(default_factory=dict)
    windows: dict[int, dict[int, Window]] = field(default_factory=dict)
    warmups: dict[int, Warmup] = field(default_factory=dict)
    wanted: dict[int, int] = field(default_factory=dict)
    """Replications that a point needs as far as is known."""
    further: deque[Job] = field(default_factory=deque)
    """Runs that finished ones have asked for."""
    done: int = 0
    taken_over: int = 0
    """Points that an earlier study of the same content had finished."""

    def finish(self, workers: int) -> tuple[PointResult, ...]:
        """Run what is not stored; results in the order of the points."""
        processes = self.engine == "reference" and workers > 1
        warm_up(self.engine)
        with closing(fan_out(run, _Jobs(self.jobs(), self.further), workers, processes=processes)) as outcomes:
            for job, outcome in outcomes:
                self.take(job, outcome)
        return tuple(self.results[index] for index in range(len(self.points)))

    def jobs(self) -> Iterator[Job]:
        """The runs still to do of which is known beforehand, point by point: pilots and first replications."""
        for index, point in enumerate(self.points):
            try:
                self.begin(index, plan_of(point.scenario))
                if index in self.results:
                    continue
                if index not in self.warmups:
                    yield self._pilot(index, 1)
                    continue
                yield from self._replications(index, 0, self.wanted[index])
            except Exception as error:
                self.fail(index, error)

    def _replications(self, index: int, first: int, end: int) -> Iterator[Job]:
        point = self.points[index]
        for replication, plan in plans(point, self.plans[index][0], first, end):
            if over(self.deadline_s):
                raise OutOfTime(OUT_OF_TIME)
            made = job_of(index, point, plan, self.engine, replication, self.warmups[index])
            yield replace(made, deadline_s=self.deadline_s)

    def _pilot(self, index: int, times: int) -> Job:
        if over(self.deadline_s):
            raise OutOfTime(OUT_OF_TIME)
        made = pilot_of(index, self.points[index], self.plans[index][0], self.engine, times)
        return replace(made, deadline_s=self.deadline_s)

    def begin(self, index: int, plan: Plan) -> None:
        """Take the point's result if it is stored already; otherwise make room for its windows."""
        point = self.points[index]
        key = point_key(point.scenario, fingerprint(plan), self.engine)
        if self.folder is not None and (stored := self.folder.stored(key)):
            # The address says what was simulated, not what it is called.
            self.results[index] = PointResult(stored.entry | identity(point), stored.histogram)
            self.taken_over += 1
            self.wanted[index] = stored.entry["replications"]
            self.advance(self.wanted[index])
        else:
            self.plans[index], self.windows[index] = (plan, key), {}
            self.wanted[index] = point.scenario.first_replications
            if (warmup := stated_warmup(point)) is not None:
                self.warmups[index] = warmup

    def take(self, job: Job, outcome: Window | Exception) -> None:
        """A run has ended: it asks for further ones, or finishes its point."""
        self.advance(0 if job.pilot else 1)
        if job.point in self.results:
            return
        try:
            if isinstance(outcome, Exception):
                raise outcome
            if job.pilot:
                self._warmed_up(job, outcome)
            else:
                self._replicated(job, outcome)
        except Exception as error:
            self.fail(job.point, error)

    def _warmed_up(self, job: Job, pilot: Window) -> None:
        index = job.point
        warmup = warmup_of(self.points[index], pilot, job.pilot)
        if warmup is None:
            self.further.append(self._pilot(index, 2 * job.pilot))
        else:
            self.warmups[index] = warmup
            self.further.extend(self._replications(index, 0, self.wanted[index]))

    def _replicated(self, job: Job, outcome: Window) -> None:
        index, point = job.point, self.points[job.point]
        self.windows[index][job.replication] = outcome
        if len(self.windows[index]) < self.wanted[index]:
            return
        windows = [self.windows[index][number] for number in sorted(self.windows[index])]
        warmup = self.warmups[index]
        if more := wanted(point, windows, warmup):
            self.wanted[index] += more
            self.further.extend(self._replications(index, len(windows), self.wanted[index]))
            return
        plan, key = self.plans.pop(index)
        del self.windows[index], self.warmups[index]
        result = self.results[index] = assess(point, plan, windows, warmup)
        if self.folder is not None:
            self.folder.keep(key, result)

    def fail(self, index: int, error: Exception) -> None:
        """The point failed; what its other replications give does not matter any more."""
        self.plans.pop(index, None)
        self.windows.pop(index, None)
        name = "" if isinstance(error, (InputError, OutOfTime)) else f"{type(error).__name__}: "
        self.results[index] = PointResult(identity(self.points[index]), error=f"{name}{error}")

    def advance(self, runs: int) -> None:
        """Tell how far the study is."""
        self.done += runs
        if self.progress is not None:
            rest = sum(p.scenario.first_replications for n, p in enumerate(self.points) if n not in self.wanted)
            self.progress(self.done, sum(self.wanted.values()) + rest)


class _Jobs(Iterator[Job]):
    """What finished runs have asked for comes first, so that points are finished one after the other. It is at its end when nothing is
    known to be run, and goes on when there is again."""

    def __init__(self, known: Iterator[Job], further: deque[Job]) -> None:
        self._known, self._further = known, further

    def __next__(self) -> Job:
        return self._further.popleft() if self._further else next(self._known)
