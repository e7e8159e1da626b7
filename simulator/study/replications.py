"""Which runs a point needs: those that the scenario states, or a pilot run for the warm-up and as many replications as the
precision takes.

1. `stated_warmup` is the scenario's; where there is none, `pilot_of` runs from the empty machine, and `warmup_of` reads MSER-5's
   cut from it and makes it a quarter longer, or 5 ms if that is more. A run that still drifts at half its length is done again, twice as
   long, up to eight times.
2. `wanted` says how many replications to run next, from those that have ended; 0 ends the point.

Both look at nothing but finished runs in their order, so that every number of workers comes to the same.

*Scope*: one point. *Validation*: tests/unit/test_replications.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from simulator.plan.model import Plan
from simulator.scenario import Point, Scenario
from simulator.sriov.schedule import plan_of
from simulator.statistics import precision
from simulator.study.ranges import PILOT_LONGEST, PILOT_SLICES, SECTIONS, Warmup, cut_of_pilot, widths
from simulator.study.runs import Job, Window

PIECES = 100
LONGER_PERCENT = 25
"""By so much a warm-up is longer than the pilot's cut: a full queue drains later in other runs, and an interval that holds some of that is
wrong (docs/explanation/statistics.md)."""


def plans(point: Point, shared: Plan, first: int, end: int) -> Iterator[tuple[int, Plan]]:
    """(replication, plan): captures are drawn when a plan is built, so they need one each; other traffic shares that of
    replication 0."""
    drawn = any(item.kind == "capture" for item in point.scenario.traffic)
    for number in range(first, end):
        yield number, plan_of(point.scenario, number) if drawn and number else shared


def job_of(index: int, point: Point, plan: Plan, engine: str, replication: int, warmup: Warmup) -> Job:
    """One replication of point number `index`."""
    scenario = point.scenario
    sections = SECTIONS if scenario.first_replications < precision.FEWEST else 0
    return Job(
        index,
        plan,
        warmup.length_ps,
        scenario.measurement.duration_ps,
        engine,
        scenario.seed,
        replication,
        sections=sections,
        interval_ps=interval_of(scenario),
    )


def interval_of(scenario: Scenario) -> int:
    """Length of the pieces for which results over time are given, in ps; 0: none are."""
    window = scenario.measurement
    if window.interval_ps is not None:
        return window.interval_ps
    return max(1, window.duration_ps // PIECES) if scenario.events else 0


def pilot_of(index: int, point: Point, plan: Plan, engine: str, times: int = 1) -> Job:
    """A run from the empty machine, `times` as long as warm-up and window together."""
    window = point.scenario.measurement
    length_ps = times * (window.before_ps + window.duration_ps)
    return Job(index, plan, 0, length_ps, engine, point.scenario.seed, 0, slices=PILOT_SLICES, pilot=times)


def stated_warmup(point: Point) -> Warmup | None:
    """The scenario's own; None if it states none."""
    stated = point.scenario.measurement.warmup_ps
    return None if stated is None else Warmup(stated)


def warmup_of(point: Point, pilot: Window, times: int) -> Warmup | None:
    """What a pilot run of `times` the first length says; None if a longer one has to be run."""
    cut = cut_of_pilot(pilot)
    if not cut.refused:
        length_ps = pilot.trace.end_ps - pilot.trace.start_ps
        # One run does not show what starts slowly in some runs only, such as a core that is asleep when the first packet comes; what it
        # shows takes longer in others.
        cut_ps = length_ps * cut.values // PILOT_SLICES * (100 + LONGER_PERCENT) // 100
        return Warmup(max(point.scenario.measurement.before_ps, cut_ps), stated=False)
    if times < PILOT_LONGEST:
        return None
    return Warmup(point.scenario.measurement.before_ps, stated=False, refused=True)


def wanted(point: Point, windows: Sequence[Window], warmup: Warmup) -> int:
    """How many replications to run next; 0: no more."""
    scenario, done = point.scenario, len(windows)
    if scenario.replications is not None or warmup.refused:
        return scenario.first_replications - done
    return precision.decide(done, lambda count: widths(windows[:count], scenario.goals), scenario.goals).more
