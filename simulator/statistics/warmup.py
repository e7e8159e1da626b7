"""Where a series stops drifting: MSER-5, and whether what it would cut is more than chance.

1. The series is averaged in batches of five.
2. The cut is the number of leading batches without which the rest has the smallest squared standard error of its mean,
   sum((x - mean)^2) / (n - d)^2; only the first half is tried (White 1997, doi:10.1177/003754979706900601).
3. A minimum at the end of that half is no cut: the series still drifts, and the run has to be longer.

*Scope*: one series of values at equal distances. *Validation*: tests/statistics/test_warmup.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np
import numpy.typing as npt

BATCH = 5
FEWEST_BATCHES = 10
"""Of fewer batches MSER-5 says nothing."""
REMARKABLE = 4.0
"""Standard errors by which what is cut must differ from the rest to be worth a warning."""


@dataclass(frozen=True, slots=True)
class Cut:
    """How many values at the beginning are better left out; ``refused``: the minimum lies at half of the series."""

    values: int
    refused: bool = False
    deviation: float = 0.0
    """By how many standard errors the mean of what is cut differs from that of the rest."""

    @property
    def remarkable(self) -> bool:
        """Whether the cut is more than chance: MSER-5 cuts a little off most steady series, too."""
        return self.values > 0 and self.deviation > REMARKABLE


def mser5(series: Sequence[float]) -> Cut:
    """The cut for a series of values; nothing is cut where there are fewer than `FEWEST_BATCHES` batches."""
    count = len(series) // BATCH
    if count < FEWEST_BATCHES:
        return Cut(0)
    batches = np.asarray(series[: count * BATCH], dtype=float).reshape(count, BATCH).mean(axis=1)
    batches = batches - batches.mean()
    left = np.arange(count, 0, -1)
    sums, squares = (np.cumsum(column[::-1])[::-1] for column in (batches, batches**2))
    spread = np.maximum(squares - sums**2 / left, 0.0) / left**2
    last = count // 2
    best = int(np.argmin(spread[: last + 1]))
    return Cut(best * BATCH, refused=best == last, deviation=_deviation(batches, best))


def _deviation(batches: npt.NDArray[np.float64], cut: int) -> float:
    rest = batches[cut:]
    if not cut or not rest.std():
        return float("inf") if cut and batches[:cut].mean() != rest.mean() else 0.0
    error = float(rest.std(ddof=1)) * sqrt(1 / cut + 1 / len(rest))
    return abs(float(batches[:cut].mean() - rest.mean())) / error
