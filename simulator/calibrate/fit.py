"""Which costs a set of measurements can tell, and what they are: one linearised Bayesian fit on logarithms.

1. Before the measurements each cost is where its source has it, and its range is where it may be: a normal distribution of its
   logarithm whose middle 90 % are the range.
2. The Jacobian says how each prediction moves with each cost; steps of Gauss and Newton with it find the most likely costs,
   the Jacobian being corrected by what each step shows (Broyden).
3. What is left of a cost's spread says whether the measurements have told it. A cost is *identified* if at most half is left;
   all others are refused: no measurement depends on it, or only together with others, which are named.
4. A rate at saturation is the slowest stage's, and does not say which stage that is. It counts in the fit, but a cost must be told
   without such rates too.
5. The intervals hold all identified costs at once with 95 %, whichever of all fitted costs turn out to be identified, and contain
   what is not known of the costs that are not.

*Scope*: costs that are not 0; predictions that are smooth in them. *Validation*: ``tests/calibrate/test_fit.py``; the campaign
``python -m tests.campaign.calibrate`` has 200 trials.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
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


def jacobian(predict: Predict, start: Vector, costs: Iterable[int]) -> Matrix:
    """Slopes with those costs, by central differences."""
    columns = []
    for cost in costs:
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
    saturated: Sequence[bool] = (),
) -> Fitted:
    """Costs ``names`` with prior ``spreads`` from ``measured`` (both logarithms) with ``errors``; ``slopes`` if they are known, and
    which measurements are rates at saturation."""
    at = np.zeros(len(names))
    found = predict(at)
    first = jacobian(predict, at, range(len(names))) if slopes is None else slopes
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
    # what seemed to be told at the start is looked at once more where the fit has come to: another stage may be the bottleneck there
    told = np.flatnonzero(_deviations(_covariance(first, weight, spreads)) <= LEFT * spreads)
    if len(told):
        matrix[:, told] = jacobian(predict, at, told)
    certain = weight * np.where(np.array(saturated, bool), 0.0, 1.0) if len(saturated) else weight
    without = np.maximum(*(_deviations(_covariance(one, certain, spreads)) for one in (first, matrix))) / spreads
    covariances = [_covariance(one, weight, spreads) for one in (first, matrix)]
    residuals: Vector = (measured - found) / errors
    return Fitted(_told(names, spreads, at, covariances, without), residuals)


def _covariance(slopes: Matrix, weight: Matrix, spreads: Vector) -> Matrix:
    """Of the costs' logarithms, after the measurements."""
    return np.asarray(np.linalg.inv(slopes.T @ weight @ slopes + np.diag(1 / spreads**2)), np.float64)


def _deviations(covariance: Matrix) -> Vector:
    return np.asarray(np.sqrt(np.diag(covariance)), np.float64)


def _worse(measured: Vector, moved: Vector, errors: Vector, found: Vector) -> bool:
    """Whether a step did not bring the predictions nearer, so that the slopes must be wrong."""
    return bool((((measured - moved) / errors) ** 2).sum() > 0.5 * (((measured - found) / errors) ** 2).sum())


def _told(
    names: Sequence[str], spreads: Vector, at: Vector, covariances: Sequence[Matrix], without: Vector
) -> tuple[Told, ...]:
    """With the slopes before and after the steps; the wider interval counts, since the later slopes contain chance. ``without`` is
    what is left of each spread without rates at saturation."""
    first, _ = each = [_deviations(covariance) for covariance in covariances]
    deviations = np.maximum(*each)
    left = deviations / spreads
    together = covariances[0] / np.outer(first, first)
    width = float(norm.ppf(1 - (1 - LEVEL) / 2 / len(names)))
    reasons = [_why_not(names, place, left, without, together) for place in range(len(names))]
    return tuple(
        Told(
            name=name,
            factor=float(np.exp(at[place])),
            low=float(np.exp(at[place] - width * deviations[place])),
            high=float(np.exp(at[place] + width * deviations[place])),
            left=float(left[place]),
            identified=not reasons[place],
            why_not=reasons[place],
        )
        for place, name in enumerate(names)
    )


def _why_not(names: Sequence[str], place: int, left: Vector, without: Vector, together: Matrix) -> str:
    if left[place] <= LEFT:
        return "" if without[place] <= LEFT else "only a rate at saturation shows it, which may be another stage's"
    beside = [other for other in np.argsort(together[place]) if other != place and together[place, other] < -BESIDE]
    if beside:
        return f"only its sum with {' and '.join(names[other] for other in beside[:3])} shows"
    if left[place] > UNSEEN:
        return "no measurement depends on it"
    return f"the measurements leave {left[place]:.0%} of its range"
