"""Proof on the reader's machine: measure its primitives, predict experiments, run them, and put both side by side.

1. ``simulator.measure`` times primitives, one by one.
2. ``plans`` predicts every experiment from them with the simulator. The predictions are handed out before anything is run.
3. ``runs`` runs the experiments in slices, in turn, over a time in which the machine changes its mood, as ``measure`` does.
4. The second best slice is the clean value, as for the primitives: clean is compared with clean; the middle one is kept beside it.

*Scope*: Linux, no special hardware, the machine left as it was. *Validation*: ``tests/prove``; results are in ``results/prove``.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass
from statistics import median

from simulator.costs import host
from simulator.errors import BadValue
from simulator.measure import Measurement, cores, probes, slices
from simulator.prove.bench import bench
from simulator.prove.experiments import EXPERIMENTS, Experiment
from simulator.prove.plans import Prediction, Prices
from simulator.prove.runs import Crew

ROUNDS, SECONDS, LIMIT_S = 16, 30.0, 90.0
_NOTE = "measured"


@dataclass(frozen=True, slots=True)
class Row:
    """One experiment: predicted and measured ns per operation, the error of the prediction, and what else was seen."""

    name: str
    what: str
    operation: str
    predicted_ns: float
    measured_ns: float
    as_found_ns: float
    """The middle slice."""
    predicted_lost: float
    measured_lost: float | None
    switches: float
    """How often a thread gave its core away, per operation."""
    slices: tuple[float, ...]

    @property
    def error(self) -> float:
        """Predicted over measured time, less 1."""
        return self.predicted_ns / self.measured_ns - 1


@dataclass(frozen=True, slots=True)
class Proof:
    """All rows, what was left out and why, and how the machine was meanwhile."""

    rows: tuple[Row, ...]
    left_out: dict[str, str]
    clean_share: float
    load: tuple[float, float]
    """Load average before and after."""
    canaries: tuple[float, ...]
    seconds: float

    @property
    def median_error(self) -> float:
        """Middle of the absolute errors."""
        return median(abs(row.error) for row in self.rows)

    @property
    def worst_error(self) -> float:
        """Largest absolute error."""
        return max(abs(row.error) for row in self.rows)


@dataclass(frozen=True, slots=True)
class Forecast:
    """What will be run and what is expected, and what cannot be run here."""

    predictions: Mapping[str, Prediction]
    left_out: dict[str, str]


def prices(found: Measurement, base: str, holds: int) -> Prices:
    """The machine as measured: costs of the catalogue, and the primitives."""
    changes = {cost.name: (round(cost.value * (1e6 if cost.per_byte else 1e3)), _NOTE) for cost in found.costs}
    return Prices(host(base).with_overrides(changes), {name: e.value for name, e in found.primitives.items()}, holds)


def prove(
    found: Measurement,
    base: str = "modern",
    announce: Callable[[Forecast], None] | None = None,
    rounds: int = ROUNDS,
    seconds: float = SECONDS,
    progress: Callable[[int, int], None] | None = None,
) -> Proof:
    """Predict and run all experiments; ``announce`` gets the predictions before the first run.

    ``BadValue`` where not a single one can be run.
    """
    start, load = time.monotonic(), _load()
    pair = cores.here()
    with ExitStack() as kept:
        made = kept.enter_context(bench())
        crew = kept.enter_context(closing(Crew(pair)))
        kept.callback(made.release)
        timing = kept.enter_context(cores.crew(pair))
        absent = made.absent | ({} if pair.second is not None else {"second core": "only one core"})
        forecast = _forecast(prices(found, base, made.holds), absent)
        if not forecast.predictions:
            raise BadValue("prove", f"can run nothing here: {next(iter(forecast.left_out.values()))}")
        if announce is not None:
            announce(forecast)
        chosen = [experiment for experiment in EXPERIMENTS if experiment.name in forecast.predictions]
        ready = [_probe(experiment, lambda e=experiment: e.attempt(crew, made)) for experiment in chosen]  # type: ignore[misc]
        record = slices.record(ready, probes.canary(timing), rounds, seconds, LIMIT_S, progress)
    rows, never = _rows(chosen, forecast.predictions, record)
    return Proof(
        rows=rows,
        left_out=forecast.left_out | never,
        clean_share=record.clean_share(),
        load=(load, _load()),
        canaries=tuple(record.canaries),
        seconds=time.monotonic() - start,
    )


def _load() -> float:
    return round(os.getloadavg()[0], 2)


def _forecast(known: Prices, absent: Mapping[str, str]) -> Forecast:
    predictions, left_out = {}, {}
    for experiment in EXPERIMENTS:
        missing = next((need for need in experiment.needs if need in absent), None)
        if missing is not None:
            left_out[experiment.name] = f"{missing}: {absent[missing]}"
            continue
        try:
            predictions[experiment.name] = experiment.predict(known)
        except KeyError as primitive:
            left_out[experiment.name] = f"not predicted: {primitive.args[0]} was not measured"
    return Forecast(predictions, left_out)


def _probe(experiment: Experiment, attempt: Callable[[], slices.Values | None]) -> slices.Probe:
    def named() -> slices.Values | None:
        values = attempt()
        return None if values is None else {f"{experiment.name}/{key}": value for key, value in values.items()}

    named()  # the first one compiles
    return slices.Probe(experiment.name, named, tries=4, kept=1, whole=f"{experiment.name}/ns")


def _rows(
    chosen: list[Experiment], predictions: Mapping[str, Prediction], record: slices.Record
) -> tuple[tuple[Row, ...], dict[str, str]]:
    values = slices.estimates(record)
    rows, never = [], {}
    for experiment in chosen:
        time_of = values.get(f"{experiment.name}/ns")
        if time_of is None:
            never[experiment.name] = "in nearly every try somebody else took the core, or a call failed"
            continue
        lost = values.get(f"{experiment.name}/lost")
        prediction = predictions[experiment.name]
        rows.append(
            Row(
                name=experiment.name,
                what=experiment.what,
                operation=experiment.operation,
                predicted_ns=prediction.ns,
                measured_ns=time_of.value,
                as_found_ns=time_of.high,
                predicted_lost=prediction.lost,
                measured_lost=None if lost is None else lost.value,
                switches=values[f"{experiment.name}/switches"].value,
                slices=tuple(row[f"{experiment.name}/ns"] for row in record.rounds if f"{experiment.name}/ns" in row),
            )
        )
    return tuple(rows), never
