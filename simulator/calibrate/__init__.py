"""Costs of the reader's own machine from what was measured on it: those that the measurements tell, and no others.

1. ``readers`` takes numbers out of what measuring programs print, ``task`` says which scenario each belongs to.
2. ``predict`` simulates the scenarios, ``fit`` finds the costs, and says which of them the measurements cannot tell.
3. ``report`` writes a host file with an interval for each cost that was told; the base lends the rest.

*Scope*: costs of the catalogue, in time or time per byte. *Validation*: ``tests/calibrate``; ``tests.campaign.calibrate`` recovers
known costs in 200 trials.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simulator.calibrate import fit, predict
from simulator.calibrate.fit import Fitted, Matrix
from simulator.calibrate.predict import Predictor
from simulator.calibrate.task import Task
from simulator.costs import Host
from simulator.errors import InputError


@dataclass(frozen=True, slots=True)
class Calibration:
    """What came out: the host that lends, the fit, and for each observation what was measured and predicted with the fit."""

    host: Host
    fitted: Fitted
    observed: tuple[tuple[str, str, float, float], ...]
    """(place, what, measured, predicted with the fitted costs)."""
    simulated: int


def calibrate(task: Task, slopes: Matrix | None = None) -> Calibration:
    """Fit; ``InputError`` if there is no cost that could be."""
    host = predict.host_of(task.base)
    names = predict.candidates(host, task.cases, task.costs)
    if not names:
        raise InputError("costs", "none of them is more than 0 on this host, so none can be fitted")
    predictor = Predictor(host, names, task.cases)
    observed = [item for case in task.cases for item in case.observed]
    stated = np.array([item.error for item in observed])
    errors = np.sqrt(stated**2 + 2 * predict.noise(predictor) ** 2)
    measured = np.log([item.value for item in observed])
    fitted = fit.fit(
        names, predict.spreads(host, names), measured, errors, predictor, slopes, predict.saturated(task.cases)
    )
    residuals = fitted.residuals * errors
    rows = tuple(
        (item.place, item.what, item.value, float(np.exp(value - rest)))
        for item, value, rest in zip(observed, measured, residuals, strict=True)
    )
    return Calibration(host, fitted, rows, predictor.simulated)
