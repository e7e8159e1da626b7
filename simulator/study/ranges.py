"""How sure a mean over replications is: a t interval, and the smallest and largest replication.

Replications are independent runs (their random streams share nothing), so Student's t with n - 1 degrees of freedom
holds as far as the replications' values are near normal; for percentiles of short runs it is an indication, the
extremes are facts.

*Scope*: 95 % two-sided; one replication has no range. *Validation*: tests/unit/test_study_parts.py (a table of t,
coverage).
"""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
from statistics import fmean, stdev

CONFIDENCE = 0.95
Range = dict[str, float | None]
NO_RANGE: Range = {"low": None, "high": None, "min": None, "max": None}


def spread(values: Sequence[float | None]) -> Range:
    """The 95 % interval of the mean (``low``, ``high``) and the extremes of the replications; nulls with fewer than
    two values."""
    known = [value for value in values if value is not None]
    if len(known) < 2 or len(known) < len(values):
        return dict(NO_RANGE)
    from scipy.special import stdtrit

    half = float(stdtrit(len(known) - 1, (1 + CONFIDENCE) / 2)) * stdev(known) / sqrt(len(known))
    return {"low": fmean(known) - half, "high": fmean(known) + half, "min": min(known), "max": max(known)}
