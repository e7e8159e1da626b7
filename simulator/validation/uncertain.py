"""Predictions with intervals: every question asked again on machines drawn from the ranges of their costs.

1. Every question has the design of its own machine, the same for all questions of that machine; random numbers are common.
2. Windows longer than ``LONGEST`` are cut to it: a draw needs a percentile, not the last digit of it.
3. A loss point has none: it would be searched anew for every draw.
4. A point's interval is that of its own value over the draws: a difference or a ratio of two series is taken draw by draw.

*Scope*: what is unknown about the costs; test-beds that differ from their models are not in the interval.
*Validation*: ``tests/validation/test_predict.py``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from simulator.errors import SimulatorError
from simulator.study.uncertainty import design, interval, of_scenario
from simulator.validation.model import Point, Prediction, Source
from simulator.validation.predict import Question, Series, answer_all, questions, value
from simulator.validation.runs import Store, with_settings

LONGEST_PS, LONGEST = 3_000_000_000_000, "3 s"
"""At 10 kpps enough packets for the 99.9 % quantile; a point that needs more has no interval."""


def with_draws(
    sources: Sequence[Source],
    predictions: Sequence[Prediction],
    draws: int,
    store: Store,
    jobs: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> list[Prediction]:
    """The predictions with their intervals; where a draw gives no value there is none."""
    known = [found.point for found in predictions if found.value is not None and "search" not in found.point.rule]
    asked = questions(sources, known)
    drawn = {one: _draws(one, draws) for one in dict.fromkeys(asked.values())}
    answers = answer_all([each for own in drawn.values() for each in own], store, jobs, progress)
    return [
        _with_ends(found, [answers[each] for each in drawn[asked[found.point.id]]])
        if found.point.id in asked
        else found
        for found in predictions
    ]


def _draws(asked: Question, draws: int) -> list[Question]:
    scenario = asked.task.scenario()
    unknown = of_scenario(scenario)
    is_long = scenario.measurement.duration_ps > LONGEST_PS
    task = with_settings(asked.task, (f"measurement.duration={LONGEST}",) if is_long else ())
    return [
        replace(asked, task=replace(task, factors=tuple(sorted(factors.items())))) for factors in design(unknown, draws)
    ]


def _with_ends(found: Prediction, answers: Sequence[Series | Exception]) -> Prediction:
    values = [_value(found.point, answer) for answer in answers]
    known = [each for each in values if each is not None]
    if len(known) < len(values):
        return found
    low, high = interval(known)
    return replace(found, low=low, high=high)


def _value(point: Point, answer: Any) -> float | None:
    if isinstance(answer, Exception):
        if not isinstance(answer, SimulatorError):
            raise answer
        return None
    try:
        return value(point, answer)
    except SimulatorError:
        return None
