"""95 % intervals: of a number from the same number of its pieces, of a quantile from pieces of its histogram, of a ratio
from pairs.

1. *Sectioning* (Asmussen & Glynn 2007, III.5a): the number is computed once on everything and once on each of n pieces; the
   pieces' mean squared distance from it, divided by n, is its squared standard error; Student's t with n - 1 degrees of freedom
   gives the interval. For a mean of equal pieces this is the ordinary t interval. For a quantile the centre has the bias of the whole sample,
   not that of a piece.
2. A quantile is taken between the edges of its bucket; the interval holds the upper edge, which is shown.
3. Pieces are replications, or where there are few of them, consecutive sections of the window. A piece must hold ten samples
   above a quantile; pieces that do not are put together, and with fewer than five there is no interval.
4. A ratio of two series that saw the same traffic: the same for its logarithm, from the ratios of the pairs.

*Scope*: two-sided, 95 %. *Validation*: tests/statistics/test_intervals.py, coverage in docs/explanation/statistics.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import exp, log, sqrt

from simulator.metrics.latency import SAMPLES_ABOVE, quantile_ps
from simulator.plan.trace import histogram_index, histogram_upper
from simulator.statistics.student import QUANTILES

CONFIDENCE = 0.95
FEWEST_PIECES = 5
"""For a quantile; a mean needs two replications."""
Histogram = Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Interval:
    """The ends of a 95 % interval."""

    low: float
    high: float

    @property
    def half(self) -> float:
        """Half its width."""
        return (self.high - self.low) / 2


def student(freedom: int) -> float:
    """The quantile of Student's t that 95 % two-sided needs."""
    if freedom <= len(QUANTILES):
        return QUANTILES[freedom - 1]
    from scipy.special import stdtrit

    return float(stdtrit(freedom, (1 + CONFIDENCE) / 2))


def sectioned(whole: float, pieces: Sequence[float]) -> Interval | None:
    """The interval of `whole` from the same number of each of its pieces; None with fewer than two."""
    if len(pieces) < 2:
        return None
    error = sqrt(sum((piece - whole) ** 2 for piece in pieces) / (len(pieces) - 1) / len(pieces))
    half = student(len(pieces) - 1) * error
    return Interval(whole - half, whole + half)


def quantile(pieces: Sequence[Histogram], p: Fraction, whole: Histogram | None = None) -> Interval | None:
    """The interval of the p-quantile (ps) of all pieces together, which are `whole`; None where they are too few or too small. It holds the
    number that is shown, the upper edge of a bucket, and the whole bucket where no piece leads out of it."""
    whole = added(pieces) if whole is None else whole
    shown = quantile_of(whole, p)
    if shown is None:
        return None
    grouped = _grouped(pieces, p)
    if len(grouped) < FEWEST_PIECES:
        return None
    found = sectioned(within(whole, p), [within(piece, p) for piece in grouped])
    if found is None:
        return None
    if all(quantile_of(piece, p) == shown for piece in grouped):
        lower = histogram_upper(histogram_index(shown) - 1) if histogram_index(shown) else 0
        return Interval(min(found.low, lower), max(found.high, shown))
    return Interval(found.low, max(found.high, shown))


def within(histogram: Histogram, p: Fraction) -> float:
    """The p-quantile (ps), between the edges of its bucket by the share of the bucket's samples below it. Edges alone would make pieces
    equal that are not, and their interval too narrow."""
    rank, below = float(sum(histogram.values()) * p), 0
    for index in sorted(histogram):
        count = histogram[index]
        if below + count >= rank:
            lower = histogram_upper(index - 1) if index else 0
            return lower + (histogram_upper(index) - lower) * (rank - below) / count
        below += count
    raise ValueError("an empty histogram has no quantile")


def quantile_of(histogram: Histogram, p: Fraction) -> int | None:
    """The p-quantile (ps) of one histogram; None where fewer than ten samples lie above it."""
    ordered = dict(sorted(histogram.items()))
    return quantile_ps(ordered, histogram_upper(max(ordered)), p) if ordered else None


def added(histograms: Sequence[Histogram]) -> dict[int, int]:
    """All histograms in one."""
    whole = dict(histograms[0]) if histograms else {}
    for histogram in histograms[1:]:
        found = whole.get
        for index, count in histogram.items():
            whole[index] = found(index, 0) + count
    return whole


def _grouped(pieces: Sequence[Histogram], p: Fraction) -> list[dict[int, int]]:
    """The pieces, neighbours put together until each group can show its quantile; what is left over goes to the last one."""
    groups: list[list[Histogram]] = [[]]
    share, needed, above = p.denominator - p.numerator, SAMPLES_ABOVE * p.denominator, 0
    for piece in pieces:
        groups[-1].append(piece)
        above += sum(piece.values()) * share
        if above >= needed:
            groups.append([])
            above = 0
    rest = groups.pop()
    if groups:
        groups[-1] += rest
    return [added(group) for group in groups]


def ratio(whole: float, numerators: Sequence[float], denominators: Sequence[float]) -> Interval | None:
    """The interval of `whole`, the ratio of two numbers, from pairs of replications that saw the same traffic; None where there
    are fewer than two pairs or one of them is not positive."""
    pairs = list(zip(numerators, denominators, strict=False))
    if whole <= 0 or any(min(pair) <= 0 for pair in pairs):
        return None
    found = sectioned(log(whole), [log(above / below) for above, below in pairs])
    return None if found is None else Interval(exp(found.low), exp(found.high))
