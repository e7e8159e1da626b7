"""Points -> predictions: every rule is worked out, equal tasks once, on several cores.

1. Points that ask the same of the same scenario share one task.
2. A task simulates, or searches a loss point by simulating; what it gives is turned into each point's unit.
3. A point whose prediction fails keeps the reason; the others go on.

*Scope*: point values; intervals are in ``uncertainty``. *Validation*: ``tests/validation/test_predict.py``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from simulator import units
from simulator.errors import InputError, SimulatorError
from simulator.formats.pcap import FCS_BYTES
from simulator.scenario import Scenario
from simulator.scenario.settings_of_machines import nic_settings
from simulator.scenario.traffic import Constant, Poisson
from simulator.scenario.uses import mean_bytes
from simulator.study.fanout import fan_out
from simulator.validation.model import MODEL_UNITS, Point, Prediction, Source
from simulator.validation.runs import Store, Task, Values, document, simulate, with_settings
from simulator.validation.search import Found, loss_point

_OVERHEAD_BYTES = 20
_SEARCHED = "searched"
Series = dict[str, Values]


@dataclass(frozen=True, slots=True)
class Question:
    """A task, and for a loss point the setting that is searched, the allowed share and whether the most is asked for too."""

    task: Task
    search: str = ""
    loss_ppm: int = 0
    most: bool = False


def questions(sources: Sequence[Source], points: Iterable[Point]) -> dict[str, Question]:
    """Point id -> question, for the points that have a rule."""
    by_group = {source.group: source for source in sources}
    return {point.id: question(by_group[point.group], point) for point in points if point.rule}


def question(source: Source, point: Point) -> Question:
    """What has to be simulated for a point."""
    task = Task(document(source.scenarios[point.scenario]), point.settings)
    if "search" not in point.rule:
        return Question(task)
    loss = units.parse(point.rule["loss"], units.RATIO)
    return Question(task, point.rule["search"], loss, bool(point.rule.get("most", False)))


def answer(asked: Question, store: Store, stopped: Callable[[], bool] = lambda: False) -> Series:
    """Series -> values; a search gives ``load_pps`` and ``most_pps``."""
    if not asked.search:
        return simulate(asked.task, store, stopped)
    scenario = asked.task.scenario()
    key = asked.search.split(".")[1]
    line_pps, start_pps = _ends(scenario, key)

    def at(load_pps: float) -> Values:
        settings = (f"{asked.search}={round(load_pps)} pps", f"traffic.{key}.overload=on")
        return next(iter(simulate(with_settings(asked.task, settings), store, stopped).values()))

    found: Found = loss_point(at, start_pps, line_pps, asked.loss_ppm / 1e6, asked.most)
    return {_SEARCHED: {"load_pps": found.load_pps, "most_pps": found.most_pps}}


def _ends(scenario: Scenario, key: str) -> tuple[float, float]:
    """Packets per second that fill the line, and the rate that the scenario states for the source."""
    found = next((item for item in scenario.traffic if item.name == key and isinstance(item, Poisson | Constant)), None)
    if found is None or found.rate_millipps is None:
        raise InputError(key, "a search needs a source, constant or poisson, of a rate in packets per second")
    wire_bits = (mean_bytes(found.size) + FCS_BYTES + _OVERHEAD_BYTES) * 8
    return nic_settings(scenario.nic).rate_bps / wire_bits, found.rate_millipps / 1000


def value(point: Point, series: Series) -> float:
    """A point's value from what its question gave. Raises SimulatorError where the simulation has no such value."""
    rule = point.rule
    if "search" in rule:
        metric, names = ("most_pps" if rule.get("most") else "load_pps"), [_SEARCHED]
    else:
        metric, names = rule["metric"], [rule.get("of", next(iter(series)))]
    found = _of(series, names[0], metric)
    if "plus" in rule:
        found += _of(series, rule["plus"], metric)
    if "minus" in rule:
        found -= _of(series, rule["minus"], metric)
    if "over" in rule:
        found /= _of(series, rule["over"], metric)
    found *= float(rule.get("scale", MODEL_UNITS[point.unit]))
    found += float(rule.get("instrument", 0))
    return 100 - found if point.kept else found


def _of(series: Series, name: str, metric: str) -> float:
    if name not in series:
        raise SimulatorError(f"the scenario has no series '{name}'")
    found = series[name].get(metric)
    if found is None:
        raise SimulatorError(f"the simulation gives no {metric}")
    return found


def predict(
    sources: Sequence[Source],
    points: Sequence[Point],
    store: Store,
    jobs: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> list[Prediction]:
    """Predictions of the points that have a rule, in their order."""
    asked = questions(sources, points)
    wanted = list(dict.fromkeys(asked.values()))
    answers = answer_all(wanted, store, jobs, progress)
    return [_prediction(point, answers[asked[point.id]]) for point in points if point.rule]


def answer_all(
    wanted: Sequence[Question], store: Store, jobs: int, progress: Callable[[int, int], None] | None
) -> Mapping[Question, Series | Exception]:
    """What every question gives, or why it gives nothing."""
    found: dict[Question, Series | Exception] = {}
    for asked, outcome in fan_out(partial(_answer, store=store), wanted, jobs, processes=False):
        found[asked] = outcome
        if progress is not None:
            progress(len(found), len(wanted))
    return found


def _answer(asked: Question, stopped: Callable[[], bool], store: Store) -> Any:
    return answer(asked, store, stopped)


def _prediction(point: Point, outcome: Series | Exception) -> Prediction:
    if isinstance(outcome, Exception):
        if not isinstance(outcome, SimulatorError):
            raise outcome
        return Prediction(point, None, str(outcome))
    try:
        return Prediction(point, value(point, outcome))
    except SimulatorError as error:
        return Prediction(point, None, str(error))
