"""Predictions of observations: a scenario is simulated with other costs, or costs are added up.

1. Candidates are the costs that the scenarios' datapaths spend, those of direct observations, or those that the user names.
2. A scenario's plan is built anew for each set of costs; its random numbers stay the same.

*Scope*: scenarios of one point. *Validation*: ``tests/calibrate``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from simulator import costs, metrics
from simulator.calibrate.fit import PRIOR, Vector
from simulator.calibrate.readers import Observed
from simulator.costs import Host
from simulator.datapaths import datapath
from simulator.errors import InputError
from simulator.scenario import Scenario
from simulator.scenario.build import build
from simulator.scenario.settings_of_guests import guest_settings
from simulator.scenario.traffic import RequestResponse
from simulator.study.runs import Job, run

LEAST_SPREAD, WIDE = 0.05, 0.42
"""Least standard deviation of a logarithm, and that of a cost without a range: half to double are its middle 90 %."""
SEEDS = 10
_RATES = ("delivered_pps", "throughput_bps", "loss_ratio")
_UNITS = {"ps": "ps", "fs/B": "fs/B"}


@dataclass(frozen=True, slots=True)
class Case:
    """A scenario and what was measured of it; without one, sums of costs."""

    scenario: Scenario | None
    observed: tuple[Observed, ...]


def candidates(host: Host, cases: Sequence[Case], chosen: Sequence[str]) -> tuple[str, ...]:
    """Costs that may be fitted: ``chosen``, or all that are spent and not 0."""
    spent: dict[str, None] = {}
    for case in cases:
        for observed in case.observed:
            spent |= dict.fromkeys(observed.costs)
        if case.scenario is not None:
            for guest in guest_settings(case.scenario):
                steps = datapath(guest.datapath).steps(guest.mode)
                spent |= dict.fromkeys(name for step in steps for name in step.costs)
    for name in chosen:
        if name not in spent:
            raise InputError("costs", f"'{name}' is spent by no scenario and told by no file", name, tuple(spent))
    names = chosen or tuple(spent)
    return tuple(name for name in names if host.cost(name).unit in _UNITS and host.value(name) > 0)


def saturated(cases: Sequence[Case]) -> list[bool]:
    """For each observation whether it is a rate that the slowest stage decides: any but that of single requests in turn."""
    return [
        observed.what in _RATES and not (case.scenario is not None and _in_turn(case.scenario))
        for case in cases
        for observed in case.observed
    ]


def _in_turn(scenario: Scenario) -> bool:
    return all(isinstance(item, RequestResponse) and item.outstanding == 1 for item in scenario.traffic)


def spreads(host: Host, names: Sequence[str]) -> Vector:
    """How far each cost may be from its value, as the standard deviation of its logarithm."""
    found = []
    for name in names:
        cost = host.cost(name)
        low, high = int(cost.low), int(cost.high)
        known = np.log(high / max(low, 1)) / (2 * PRIOR) if 0 < low < high else WIDE
        found.append(min(max(float(known), LEAST_SPREAD), 2 * WIDE))
    return np.array(found)


@dataclass(slots=True)
class Predictor:
    """Costs as factors of a host's -> logarithms of what would be observed."""

    host: Host
    names: Sequence[str]
    cases: Sequence[Case]
    seed: int = 0
    simulated: int = 0
    _kept: dict[tuple[int, ...], Vector] = field(default_factory=dict)

    def __call__(self, factors: Vector) -> Vector:
        """Predictions with the costs multiplied by ``exp(factors)``; ``InputError`` where nothing arrives."""
        values = {
            name: max(1, round(self.host.value(name) * float(np.exp(factor))))
            for name, factor in zip(self.names, factors, strict=True)
        }
        key = (self.seed, *values.values())
        if key not in self._kept:
            self._kept[key] = np.concatenate([self._of(case, values) for case in self.cases])
        return self._kept[key]

    def _of(self, case: Case, values: Mapping[str, int]) -> Vector:
        found = {} if case.scenario is None else self._simulate(case.scenario, values)
        return np.log([_predicted(observed, found, values, self.host) for observed in case.observed])

    def _simulate(self, scenario: Scenario, values: Mapping[str, int]) -> dict[str, float | None]:
        texts = {name: f"{value} {_UNITS[self.host.cost(name).unit]}" for name, value in values.items()}
        changed = scenario.host.model_copy(update={"costs": scenario.host.costs | texts})
        plan, window = build(scenario.model_copy(update={"host": changed})), scenario.measurement
        self.simulated += 1
        job = Job(0, plan, window.before_ps, window.duration_ps, "compiled", scenario.seed + self.seed, 0)
        return metrics.headline(plan, run(job).trace)


def _predicted(observed: Observed, found: Mapping[str, float | None], values: Mapping[str, int], host: Host) -> float:
    if observed.costs:
        return sum(values.get(name, host.value(name)) for name in observed.costs) / 1000
    value = found.get(observed.what)
    if not value:
        raise InputError(
            observed.place, f"{observed.what} of the scenario is {value}: there is nothing to compare with"
        )
    return float(value)


def noise(predictor: Predictor) -> Vector:
    """How much predictions differ by chance, as standard deviations of logarithms."""
    zero = np.zeros(len(predictor.names))
    runs = [Predictor(predictor.host, predictor.names, predictor.cases, seed)(zero) for seed in range(SEEDS)]
    deviations: Vector = np.std(runs, axis=0, ddof=1)
    return deviations


def host_of(base: str) -> Host:
    """The host that lends what is not fitted."""
    return costs.host(base)
