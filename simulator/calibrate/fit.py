"""Which costs a set of measurements can tell, and what they are: one linearised Bayesian fit on logarithms.

1. Before the measurements each cost is where its source has it, and its range is where it may be: a normal distribution of its
   logarithm whose middle 90 % are the range.
2. The Jacobian says how each prediction moves with each cost; steps of Gauss and Newton with it find the most likely costs,
   the Jacobian being corrected by what each step shows (Broyden).
3. What is left of a cost's spread says whether the measurements have told it. A cost is *identified* if at most half is left;
   all others are refused: no measurement depends on it, or only together with others, which are named.
4. The intervals hold all identified costs at once with 95 %, and contain what is not known of the costs that are not identified.

*Scope*: costs that are not 0; predictions that are smooth in them. *Validation*: ``tests/calibrate/test_fit.py``; the campaign
``python -m tests.campaign.calibrate`` has 200 trials.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import norm

Vector = npt.NDArray[np.float64]
Matrix = npt.NDArray[np.float64]
Predict = Callable[[Vector], Vector]
"""Logarithms of cost factors -> logarithms of predictions."""
STEP, ROUNDS, SETTLED = 0.05, 6, 1e-4
LEFT, UNSEEN, BESIDE = 0.5, 0.95, 0.4
LEVEL, PRIOR = 0.95, float(norm.ppf(0.95))
"""Level of the intervals; half width of the middle 90 % in standard deviations."""


@dataclass(frozen=True, slots=True)
class Told:
    """What the measurements say about one cost: its factor, the interval, and what is left of its spread (0 to 1)."""

    name: str
    factor: float
    low: float
    high: float
    left: float
    identified: bool
    why_not: str


@dataclass(frozen=True, slots=True)
class Fitted:
    """All costs, and how far each prediction is from its measurement, in standard deviations."""

    told: tuple[Told, ...]
    residuals: Vector


def jacobian(predict: Predict, start: Vector, count: int) -> Matrix:
    """Slopes by central differences."""
    columns = []
    for cost in range(count):
        up, down = start.copy(), start.copy()
        up[cost] += STEP
        down[cost] -= STEP
        columns.append((predict(up) - predict(down)) / (2 * STEP))
    return np.stack(columns, axis=1)


def fit(
    names: Sequence[str],
    spreads: Vector,
    measured: Vector,
    errors: Vector,
    predict: Predict,
    slopes: Matrix | None = None,
) -> Fitted:
    """Costs ``names`` with prior ``spreads`` from ``measured`` (both logarithms) with ``errors``; ``slopes`` if they are known."""
    at = np.zeros(len(names))
    found = predict(at)
    first = jacobian(predict, at, len(names)) if slopes is None else slopes
    matrix = first.copy()
    weight = np.diag(1 / errors**2)
    for _ in range(ROUNDS):
        precision = matrix.T @ weight @ matrix + np.diag(1 / spreads**2)
        step = np.linalg.solve(precision, matrix.T @ weight @ (measured - found) - at / spreads**2)
        if np.abs(step).max(initial=0.0) < SETTLED:
            break
        moved = predict(at + step)
        if _worse(measured, moved, errors, found):
            matrix += np.outer(moved - found - matrix @ step, step) / max(float(step @ step), SETTLED**2)
        at, found = at + step, moved
    covariances = [
        np.asarray(np.linalg.inv(one.T @ weight @ one + np.diag(1 / spreads**2)), np.float64) for one in (first, matrix)
    ]
    residuals: Vector = (measured - found) / errors
    return Fitted(_told(names, spreads, at, covariances), residuals)


def _worse(measured: Vector, moved: Vector, errors: Vector, found: Vector) -> bool:
    """Whether a step did not bring the predictions nearer, so that the slopes must be wrong."""
    return bool((((measured - moved) / errors) ** 2).sum() > 0.5 * (((measured - found) / errors) ** 2).sum())


def _told(names: Sequence[str], spreads: Vector, at: Vector, covariances: Sequence[Matrix]) -> tuple[Told, ...]:
    """With the slopes before and after the steps; the wider interval counts, since the later slopes contain chance."""
    first, _ = each = [np.sqrt(np.diag(covariance)) for covariance in covariances]
    deviations = np.maximum(*each)
    left = deviations / spreads
    together = covariances[0] / np.outer(first, first)
    width = float(norm.ppf(1 - (1 - LEVEL) / 2 / max(1, int((left <= LEFT).sum()))))
    return tuple(
        Told(
            name=name,
            factor=float(np.exp(at[place])),
            low=float(np.exp(at[place] - width * deviations[place])),
            high=float(np.exp(at[place] + width * deviations[place])),
            left=float(left[place]),
            identified=bool(left[place] <= LEFT),
            why_not=_why_not(names, place, left, together),
        )
        for place, name in enumerate(names)
    )


def _why_not(names: Sequence[str], place: int, left: Vector, together: Matrix) -> str:
    if left[place] <= LEFT:
        return ""
    beside = [other for other in np.argsort(together[place]) if other != place and together[place, other] < -BESIDE]
    if beside:
        return f"only its sum with {' and '.join(names[other] for other in beside[:3])} shows"
    if left[place] > UNSEEN:
        return "no measurement depends on it"
    return f"the measurements leave {left[place]:.0%} of its range"
