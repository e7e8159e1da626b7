"""How sure a mean over replications is: a t interval, and the smallest and largest replication.

Replications are independent runs (their random streams share nothing), so Student's t with n - 1 degrees of freedom
holds as far as the replications' values are near normal; for percentiles of short runs it is an indication, the
extremes are facts. SciPy, which takes longer to import than a small study to run, is asked beyond 32 degrees of freedom only.

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
    half = quantile(len(known) - 1) * stdev(known) / sqrt(len(known))
    return {"low": fmean(known) - half, "high": fmean(known) + half, "min": min(known), "max": max(known)}


_QUANTILES = (
    12.706204736174694, 4.302652729749462, 3.1824463052837078, 2.7764451051977934, 2.5705818356363146, 2.4469118511449786,
    2.364624251592784, 2.306004135204166, 2.262157162798205, 2.228138851986274, 2.200985160091639, 2.1788128296672284,
    2.1603686564627913, 2.144786687917804, 2.131449545559776, 2.1199052992212546, 2.1098155778333156, 2.1009220402410382,
    2.0930240544083087, 2.085963447265864, 2.0796138447276795, 2.0738730679040254, 2.0686576104190486, 2.0638985616280245,
    2.0595385527532972, 2.0555294386428735, 2.0518305164802846, 2.0484071417952454, 2.045229642132703, 2.0422724563012378,
    2.039513446396408, 2.0369333434601016,
)  # fmt: skip
"""Of Student's t at 97.5 %, one to 32 degrees of freedom, as ``scipy.special.stdtrit`` gives them."""


def quantile(freedom: int) -> float:
    """Student's t at the upper end of a two-sided interval of `CONFIDENCE`."""
    if freedom <= len(_QUANTILES):
        return _QUANTILES[freedom - 1]
    from scipy.special import stdtrit

    return float(stdtrit(freedom, (1 + CONFIDENCE) / 2))
