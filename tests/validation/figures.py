"""Published figures and what the simulator says about the same set-up.

1. `figures.yaml` holds the facts: what was measured, where, by whom, and a scenario for each.
2. Each replication of the scenario gives one value; the prediction is their mean, its range the extremes.
3. Nothing is fitted: the scenarios use the catalogue as it is.
4. Twice more with every borrowed and assumed cost of the host at the low, then at the high end of its range: an envelope.

*Scope*: figures whose set-up can be expressed. *Validation*: tests/validation/test_sanity.py.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from statistics import fmean, median
from tempfile import TemporaryDirectory
from typing import Any

import yaml

from simulator import costs, metrics
from simulator.costs.names import UNSPENT
from simulator.scenario import Scenario, load, points
from simulator.scenario.build import build
from simulator.study.point import cost_status
from simulator.study.ranges import Warmup
from simulator.study.replications import job_of, plans
from simulator.study.runs import run

REPLICATIONS = 3
Values = dict[str, float]


@dataclass(frozen=True, slots=True)
class Prediction:
    """One figure with the values of its replications, in the published unit."""

    fact: dict[str, Any]
    values: tuple[float, ...]
    ends: tuple[float, ...]
    """With the borrowed and assumed costs at the low and at the high ends of their ranges."""
    host: str
    nic: str
    statuses: dict[str, int]

    @property
    def mean(self) -> float:
        return fmean(self.values)

    @property
    def envelope(self) -> tuple[float, float]:
        """Lowest and highest prediction; costs in the middle of their ranges count too, as more cost may bring more."""
        found = (*self.ends, self.mean)
        return min(found), max(found)

    @property
    def is_inside(self) -> bool:
        """Whether the published figure is in the envelope."""
        low, high = self.envelope
        return low <= float(self.fact["published"]) <= high

    @property
    def ratio(self) -> float:
        """Predicted over published."""
        return self.mean / float(self.fact["published"])

    @property
    def distance(self) -> float:
        """|log2| of the ratio: 1 is a factor of two either way."""
        return abs(math.log2(self.ratio))


@cache
def facts() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "figures.yaml").read_text(encoding="utf-8"))
    return found


def predictions() -> Iterator[Prediction]:
    """In the order of the file; a scenario that several figures share runs once."""
    for fact in facts()["figures"]:
        scenario, replications = _runs(json.dumps(fact["scenario"]))
        values = tuple(_value(fact["predict"], series, scenario) for series in replications)
        moved = (_runs(json.dumps(at_end(fact["scenario"], end)), 1)[1][0] for end in ("low", "high"))
        ends = tuple(_value(fact["predict"], series, scenario) for series in moved)
        yield Prediction(fact, values, ends, scenario.host.model, scenario.nic.model, _statuses(scenario))


def at_end(document: dict[str, Any], end: str) -> dict[str, Any]:
    """The scenario with every borrowed and assumed cost of its host at one `end` of its range, low or high."""
    host = document["host"] if isinstance(document["host"], dict) else {"model": document["host"]}
    entries = costs.host(host["model"]).costs.items()
    text = {
        name: f"{getattr(entry, end)} ps" if entry.unit == "ps" else f"{getattr(entry, end) / 1000} ps/B"
        for name, entry in entries
        if entry.status in ("borrowed", "assumed") and entry.unit in ("ps", "fs/B") and name not in UNSPENT
    }
    return document | {"host": host | {"costs": text}}


@cache
def _runs(text: str, count: int = REPLICATIONS) -> tuple[Scenario, tuple[dict[str, Values], ...]]:
    """The scenario, and for each of `count` replications the metrics of every series."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "figure.yaml"
        file.write_text(text, encoding="utf-8")
        scenario = load(file)
        found: list[dict[str, Values]] = [{} for _ in range(count)]
        for point in points(scenario):
            for number, plan in plans(point, build(point.scenario), 0, count):
                trace = run(
                    job_of(0, point, plan, "compiled", number, Warmup(point.scenario.measurement.before_ps))
                ).trace
                known = metrics.headline(plan, trace)
                found[number][point.series] = {key: value for key, value in known.items() if value is not None}
    return scenario, tuple(found)


def _value(rule: dict[str, Any], series: dict[str, Values], scenario: Scenario) -> float:
    def of(name: str) -> float:
        return _measure(rule, series[name], scenario)

    first = of(rule.get("of", next(iter(series))))
    if "minus" in rule:
        first -= of(rule["minus"])
    if "to" in rule:
        first /= of(rule["to"])
    return first * float(rule.get("scale", 1))


def _measure(rule: dict[str, Any], values: Values, scenario: Scenario) -> float:
    cores = values["host_cores_busy"] + values["guest_cores_busy"]
    if "cores" in rule:
        return cores
    if "cycles_per_byte" in rule:
        return cores * costs.host(scenario.host.model).facts["cpu_hz"].value * 8 / values["throughput_bps"]
    return values[rule["metric"]]


def _statuses(scenario: Scenario) -> dict[str, int]:
    return cost_status(points(scenario)[0].scenario)


def summary(found: list[Prediction]) -> tuple[float, float]:
    """Mean and median of |log2 ratio|."""
    distances = [prediction.distance for prediction in found]
    return fmean(distances), median(distances)
