"""Points of one series at different values of one quantity, each simulated once.

1. A value is laid on the scenario as ``--set`` does it; a value with which the scenario cannot be built is not kept, and the fault is
   the reason.
2. A trial is what the scenario states: its window and replications, or as many as the precision takes. Searches for a rate ask for
   a number of replications.
3. Packets are counted, so that a search can say what it cost.

*Scope*: one series; the scenario's own sweep is left out. *Validation*: tests/search.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from simulator.errors import InputError, ScenarioErrors, SimulatorError
from simulator.scenario import Point, Threshold, load, points
from simulator.scenario.wiring import wiring_faults
from simulator.search.slo import Verdict, verdict
from simulator.study.point import run_point

NO_SWEEP = "sweep=null"


@dataclass(frozen=True, slots=True)
class Trial:
    """One value: its point's entry, or the fault that keeps it from being one."""

    value: Any
    entry: dict[str, Any] | None
    fault: str = ""


@dataclass(slots=True)
class Trials:
    """All trials of one series."""

    path: str
    overrides: tuple[str, ...]
    series: str
    at: Callable[[Any], tuple[str, ...]]
    """Value -> overrides that set it."""
    engine: str = "compiled"
    known: dict[tuple[Any, int], Trial] = field(default_factory=dict)
    packets: int = 0
    """Offered in all trials, warm-ups left out."""

    def point(self, value: Any) -> Point:
        """The scenario at a value. Raises InputError or ScenarioErrors if it cannot be built."""
        scenario = load(self.path, (*self.overrides, NO_SWEEP, *self.at(value)))
        others = [label for label in scenario.compare if label != self.series]
        if others:
            gone = tuple(f"compare.{label}=null" for label in others)
            scenario = load(self.path, (*self.overrides, NO_SWEEP, *gone, *self.at(value)))
        (point,) = points(scenario)
        faults = [fault.at(".".join(map(str, location))) for location, fault in wiring_faults(point.scenario)]
        if faults:
            raise ScenarioErrors(faults)
        return point

    def run(self, value: Any, replications: int = 0) -> Trial:
        """The trial at a value; 0 is what the scenario says."""
        key = (value, replications)
        if key not in self.known:
            self.known[key] = self._run(*key)
        return self.known[key]

    def _run(self, value: Any, replications: int) -> Trial:
        try:
            point = self.point(value)
        except (InputError, ScenarioErrors) as error:
            return Trial(value, None, str(error).splitlines()[0])
        try:
            entry = run_point(point, self.engine, replications or None).entry
        except SimulatorError as error:
            return Trial(value, None, str(error))
        self.packets += entry["conservation"]["offered"]
        return Trial(value, entry)


def judged(trial: Trial, thresholds: Sequence[Threshold]) -> Verdict:
    """What a trial says; a value that cannot be simulated is not kept."""
    if trial.entry is None:
        return Verdict(False, (trial.fault,))
    return verdict(thresholds, trial.entry)


def series_of(path: str, overrides: Sequence[str]) -> tuple[str, ...]:
    """Names of the series of a scenario."""
    scenario = load(path, (*overrides, NO_SWEEP))
    return tuple(scenario.compare) or (scenario.name,)
