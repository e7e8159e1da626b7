"""A calibrated score: five measurements of a published test-bed are given to the fit, and all its others are predicted with the outcome.

1. A test-bed takes part if it has at least ``LEAST`` numbers that are rates, latencies or CPU: tails beyond p99, whose windows are long,
   and searched rates, of which each is a dozen simulations, are left out.
2. Its points in the order of their ids, one for each simulated number, are given at even distances: the 1st of each fifth.
3. The costs and limits of its machine that change a given plan are fitted, with their ranges as what is known before, and an error for
   each measurement: once ``TRUSTING`` the model, as if only the measurement were off, and once ``DOUBTING`` it, with the spread that the
   score finds within a test-bed as the model's own error.
4. The others are predicted twice: with the catalogue, and with all fitted costs. None of them was seen by the fit.

*Scope*: how far calibration carries over within a test-bed. It is in no number of ``sriovsim validate``, and its costs are thrown away.
*Validation*: ``tests/calibrate/test_published.py``.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean, median
from typing import Any

import numpy as np

from simulator import costs, validation
from simulator.calibrate.fit import PRIOR, Vector, fit
from simulator.costs.ranges import Unknown, unknowns
from simulator.errors import SimulatorError
from simulator.formats.files import write_whole
from simulator.plan.fingerprint import fingerprint
from simulator.scenario.build import build, drawn
from simulator.validation import Point, Prediction, Source, elsewhere
from simulator.validation.model import LEAST_RATIO
from simulator.validation.predict import Question, answer, question, value
from simulator.validation.runs import Store, with_settings

FILE = Path(__file__).with_name("published.json")
GIVEN, LEAST = 5, 10
TRUSTING, DOUBTING = 0.1, 0.5
"""Standard deviations of the logarithm."""
LONGEST_PS, LONGEST = 200_000_000_000, "200 ms"
"""Windows are cut to this."""
_FAR_TAILS = ("latency.p99.9", "latency.p99.99", "latency.max")


@dataclass(frozen=True, slots=True)
class Outcome:
    """One test-bed: which points were given, and the others with the catalogue and with the fitted costs."""

    group: str
    given: tuple[str, ...]
    fitted: int
    """Costs that could move."""
    before: tuple[Prediction, ...]
    after: tuple[Prediction, ...]


def chosen(source: Source) -> tuple[list[Point], list[Point]]:
    """The points that are given and those that are predicted; none where the test-bed has too few numbers."""
    numbers: dict[str, Point] = {}
    for point in sorted(source.points, key=lambda point: point.id):
        if point.is_scored and point.rule and "search" not in point.rule and _is_near(point):
            numbers.setdefault(point.rests_on, point)
    points = list(numbers.values())
    if len(points) < LEAST:
        return [], []
    places = {len(points) * number // GIVEN for number in range(GIVEN)}
    return [point for place, point in enumerate(points) if place in places], [
        point for place, point in enumerate(points) if place not in places
    ]


def _is_near(point: Point) -> bool:
    return elsewhere.kind(point) != "" and point.rule["metric"] not in _FAR_TAILS


def of_group(source: Source, store: Store, error: float) -> Outcome | None:
    """Fit and predict one test-bed; None where it has too few numbers."""
    given, rest = chosen(source)
    if not given:
        return None
    asked = {point.id: _cut(question(source, point)) for point in (*given, *rest)}
    moving = _moving({asked[point.id] for point in given})
    names = tuple(moving)
    spreads = np.array([math.log(cost.high / cost.low) / (2 * PRIOR) for cost in moving.values()])

    def predicted(points: Sequence[Point], factors: Mapping[str, float]) -> list[Prediction]:
        return [Prediction(point, _value(point, asked[point.id], factors, store)) for point in points]

    def logarithms(at: Vector) -> Vector:
        factors = {name: math.exp(part) for name, part in zip(names, at, strict=True)}
        found: Vector = np.log([each.ratio * each.point.measured for each in predicted(given, factors)])
        return found

    measured = np.log([point.measured for point in given])
    told = fit(names, spreads, measured, np.full(len(given), error), logarithms).told
    fitted = {item.name: item.factor for item in told}
    before, after = (tuple(predicted(rest, factors)) for factors in ({}, fitted))
    return Outcome(source.group, tuple(point.id for point in given), len(names), before, after)


def _cut(asked: Question) -> Question:
    is_long = asked.task.scenario().measurement.duration_ps > LONGEST_PS
    return replace(asked, task=with_settings(asked.task, (f"measurement.duration={LONGEST}",))) if is_long else asked


def _moving(asked: Iterable[Question]) -> dict[str, Unknown]:
    """What may be off on the machine and changes a plan."""
    found: dict[str, Unknown] = {}
    for scenario in (each.task.scenario() for each in sorted(asked, key=lambda each: each.task.settings)):
        plain = fingerprint(build(scenario))
        for cost in unknowns(costs.host(scenario.host.source), costs.nic(scenario.nic.model)):
            if cost.name not in found and fingerprint(build(drawn(scenario, {cost.name: cost.high}))) != plain:
                found[cost.name] = cost
    return found


def _value(point: Point, asked: Question, factors: Mapping[str, float], store: Store) -> float:
    """In the point's unit; next to nothing where the simulation has no such value."""
    task = replace(asked.task, factors=tuple(sorted(factors.items())))
    try:
        found = value(point, answer(replace(asked, task=task), store))
    except SimulatorError:
        found = 0.0
    return max(found, LEAST_RATIO * point.measured)


def summary(outcomes: Sequence[Outcome], error: float) -> dict[str, Any]:
    """Each test-bed, and all together, every test-bed once: median relative error and factor, before and after."""
    groups = {each.group: _numbers(each) for each in outcomes}
    means = {
        f"factor_{when}": math.exp(fmean(math.log(own[f"factor_{when}"]) for own in groups.values()))
        for when in ("before", "after")
    }
    medians = {f"error_{when}": median(own[f"error_{when}"] for own in groups.values()) for when in ("before", "after")}
    return {"given": GIVEN, "error": error, **medians, **means, "groups": groups}


def _numbers(outcome: Outcome) -> dict[str, Any]:
    found: dict[str, Any] = {"given": list(outcome.given), "costs": outcome.fitted, "points": len(outcome.before)}
    for when, predictions in (("before", outcome.before), ("after", outcome.after)):
        found[f"error_{when}"] = median(abs(each.ratio - 1) for each in predictions)
        found[f"factor_{when}"] = math.exp(fmean(abs(each.log_ratio) for each in predictions))
    return found


def run(
    store: Store, only: Sequence[str] = (), done: Callable[[Outcome], None] = lambda _: None
) -> list[dict[str, Any]]:
    """All test-beds that have enough numbers, or ``only`` those, trusting the model and doubting it."""
    found = []
    for error in (TRUSTING, DOUBTING):
        outcomes = []
        for source in validation.read():
            outcome = of_group(source, store, error) if not only or source.group in only else None
            if outcome is not None:
                outcomes.append(outcome)
                done(outcome)
        found.append(summary(outcomes, error))
    return found


def stored() -> list[dict[str, Any]]:
    """What the last run gave."""
    content: list[dict[str, Any]] = json.loads(FILE.read_text(encoding="utf-8"))
    return content


def save(found: list[dict[str, Any]], path: Path = FILE) -> None:
    """Store a run, whole."""
    write_whole(path, (json.dumps(found, indent=1) + "\n").encode())
