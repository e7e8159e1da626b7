"""Random integers for both engines: entry k of a named stream depends on (seed, replication, name, k) and nothing else.

1. A `Stream` is inert: a name, a kind and its integer parameters. Plans hold streams; engines hold cursors.
2. SHA-256 of (seed, replication, name) sets the whole state of one PCG64DXSM generator per stream.
3. Each entry costs exactly one 64-bit word of that generator and is turned into an int64 by integer arithmetic alone:
   no log, exp or sqrt of any libm or SIMD library, so values are bit-identical on every machine.
4. `Draws.next_block` hands out successive blocks; where blocks end never changes a value.

Common random numbers: streams are found by name, so two plans that use the same name, seed and replication share
their draws, and a comparison of two datapaths sees the same traffic. Renaming an entity redraws it.

*Scope*: gaps, sizes, flows, think times and cost factors. Constant and cyclic streams use no random words.
Exponential draws end at 36.7 means (one draw in 9e15 would be longer) and their mean is below 2**50 ps (18 minutes).

*Validation*: tests/unit/test_draws.py (golden first values, exact decimal logarithms, Kolmogorov-Smirnov and chi-square
tests with stated false-alarm rates), tests/property/test_draws_blocks.py (block length never matters).
"""

from __future__ import annotations

import functools
import hashlib
import math
import operator
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from simulator.errors import BadValue, unknown

IntArray = npt.NDArray[np.int64]
WordArray = npt.NDArray[np.uint64]

MEDIAN_1024 = 1024
BLOCK_LIMIT = 65_536
_CHUNK = 8192
"""Values worked on at a time: their temporaries stay in the cache, which makes exponential draws 3.5 times as fast."""
KINDS = ("constant", "exponential", "uniform", "table", "cycle", "spread")

_INT64_MAX = 2**63 - 1
_MEAN_LIMIT = 2**50
_SEGMENTS = 4096
_FRACTION_BITS = 57  # 36.74 needs six bits before the point; the sixty-fourth stays free
_QUANTILES = 4096
_PPM = 1_000_000


@dataclass(frozen=True, slots=True)
class Stream:
    """A named sequence of int64 values; entry k depends only on (seed, replication, name, k).

    `data` holds the parameters as little-endian int64, so that a plan is hashable; `describe` prints them.
    """

    name: str
    kind: str
    data: bytes = field(repr=False)


def constant(name: str, value: int) -> Stream:
    """The same `value` for ever."""
    return Stream(name, "constant", _pack(name, [value]))


def exponential(name: str, mean: int) -> Stream:
    """Exponential draws rounded to the nearest integer (>= 0), in the unit of `mean` (ps for gaps), 1 <= mean < 2**50.

    The relative error before rounding is below 1e-7.
    """
    _require(1 <= mean < _MEAN_LIMIT, name, "is no mean of an exponential stream: from 1 to 2**50 - 1", mean)
    return Stream(name, "exponential", _pack(name, [mean]))


def uniform(name: str, low: int, high: int) -> Stream:
    """Integers from `low` to `high`, both included; the bias of any value is below 2**-64 times the span."""
    _require(
        low <= high and high - low < _INT64_MAX, name, "is no range: low must not be above high", f"{low} to {high}"
    )
    return Stream(name, "uniform", _pack(name, [low, high]))


def table(name: str, values: Sequence[int], weights: Sequence[int]) -> Stream:
    """One of `values`, each with probability weight / sum of weights; integer weights >= 0."""
    _require(
        len(values) == len(weights) > 0,
        name,
        "weights do not fit the values: a table needs one for each, and at least one",
        len(weights),
    )
    _require(
        min(weights) >= 0 < sum(weights) <= _INT64_MAX,
        name,
        "is no sum of weights: none below 0, not all 0, together below 2**63",
        sum(weights),
    )
    return Stream(name, "table", _pack(name, [*values, *weights]))


def cycle(name: str, array: Sequence[int] | IntArray, first: int | None = None) -> Stream:
    """`array` repeated for ever. `first` replaces entry 0 of the first pass only: the start of a periodic process.

    A capture's gap before its first packet is its start on the first pass and the pause between two passes later.
    """
    _require(len(array) > 0, name, "values are too few for a cycle", len(array))
    packed = _pack(name, array)
    return Stream(name, "cycle", (packed[:8] if first is None else _pack(name, [first])) + packed)


def spread(name: str, low_1024: int, high_1024: int, tail: tuple[int, int] | None = None) -> Stream:
    """Cost factors in 1/1024 with median 1024, between `low_1024` and `high_1024`.

    Two straight-sided halves meet at the median, each with probability one half: the simplest shape with a chosen
    median, a chosen range and a lean to one side, and its quantiles need integer square roots only. The mean is
    1024 + (low + high - 2048) / 6 up to table rounding; `mean` gives the exact value.
    `tail` = (parts per million, factor in 1/1024): that share of entries takes the factor instead (SMI, cache storms).
    """
    ordered = 0 < low_1024 <= MEDIAN_1024 <= high_1024 < 2**31
    _require(ordered, name, "is no spread: 0 < low <= 1024 <= high < 2**31", f"{low_1024} to {high_1024}")
    share_ppm, factor_1024 = tail or (0, MEDIAN_1024)
    _require(0 <= share_ppm < _PPM // 2, name, "ppm is no share of a tail: from 0 to 499999", share_ppm)
    _require(0 < factor_1024 < 2**31, name, "is no factor of a tail: from 1 to 2**31 - 1", factor_1024)
    return Stream(name, "spread", _pack(name, [low_1024, high_1024, share_ppm, factor_1024]))


def parameters(stream: Stream) -> IntArray:
    """The stream's parameters as a read-only int64 array (a view of `data`)."""
    return np.frombuffer(stream.data, dtype="<i8").astype(np.int64, copy=False)


def describe(stream: Stream) -> str:
    """One short line for a plan's table, for example `exponential 833333`; long parameter lists are cut."""
    shown = [str(value) for value in parameters(stream)[:6]]
    more = len(stream.data) // 8 - len(shown)
    return " ".join([stream.kind, *shown, *([f"... ({more} more)"] if more else [])])


def mean(stream: Stream) -> Fraction:
    """Exact mean of the entries: for `exponential` before rounding, for `cycle` in the long run."""
    values = [int(value) for value in parameters(stream)]
    if stream.kind in ("constant", "exponential"):
        return Fraction(values[0])
    if stream.kind == "uniform":
        return Fraction(sum(values), 2)
    if stream.kind == "cycle":
        return Fraction(sum(values[1:]), len(values) - 1)
    if stream.kind == "spread":
        body = Fraction(int(spread_quantiles(*values[:2]).sum()), _QUANTILES)
        return body + Fraction(tail_threshold(values[2]), 2**32) * (values[3] - body)
    half = len(values) // 2
    return Fraction(sum(v * w for v, w in zip(values[:half], values[half:], strict=True)), sum(values[half:]))


class Draws:
    """The blocks of all streams of one run: an engine asks for the next block whenever a cursor reaches the end of one.

    Blocks have `block_length` entries: at most 65,536, fewer when there are many streams, so that the blocks of all
    streams together stay near `block_budget` entries (8 bytes each). Names must be unique.
    """

    def __init__(self, streams: Sequence[Stream], seed: int, replication: int, block_budget: int = 4_194_304) -> None:
        names: set[str] = set()
        for stream in streams:
            _require(stream.name not in names, stream.name, "is the name of two streams", stream.name)
            names.add(stream.name)
            if stream.kind not in KINDS:
                raise unknown(f"stream {stream.name}", "kind of stream", stream.kind, KINDS)
        self.block_length = min(BLOCK_LIMIT, max(256, block_budget // max(1, len(streams))))
        self._sampler_of = functools.cache(lambda index: _sampler(streams[index], seed, replication))

    def next_block(self, stream_index: int) -> IntArray:
        """The next `block_length` entries of that stream, a fresh contiguous array."""
        return self._sampler_of(stream_index).take(self.block_length)

    def fill(self, stream_index: int, block: IntArray) -> None:
        """Write that stream's next entries into `block`, as many as it holds."""
        self._sampler_of(stream_index).fill(block)


class _Sampler:
    """Where one stream stands: its generator, or its place in the cycle."""

    def __init__(self, stream: Stream, words: np.random.PCG64DXSM) -> None:
        self._kind = stream.kind
        self._values = parameters(stream)
        self._words = words
        self._place = 0

    def take(self, count: int) -> IntArray:
        block = np.empty(count, dtype=np.int64)
        self.fill(block)
        return block

    def fill(self, block: IntArray) -> None:
        count = len(block)
        if self._kind == "constant":
            block[:] = self._values[0]
        elif self._kind == "cycle":
            block[:] = self._turn(count)
        else:
            for start in range(0, count, _CHUNK):
                block[start : start + _CHUNK] = self._draw(min(_CHUNK, count - start))

    def _draw(self, count: int) -> IntArray:
        values = self._values
        raw: WordArray = np.asarray(self._words.random_raw(count), dtype=np.uint64)
        if self._kind == "exponential":
            return _exponential(raw, int(values[0]))
        if self._kind == "uniform":
            above: IntArray = _multiply_high(raw, int(values[1] - values[0]) + 1).view(np.int64)
            return above + int(values[0])
        if self._kind == "table":
            return _from_table(raw, values)
        return _from_spread(raw, values)

    def _turn(self, count: int) -> IntArray:
        period = len(self._values) - 1
        block: IntArray = self._values[1:].take(np.arange(self._place, self._place + count) % period)
        if self._place == 0 and count:
            block[0] = self._values[0]
        # The place stays at or above one period after the first pass, so that only the true entry 0 is `first`.
        self._place = self._place + count if self._place + count < period else (self._place + count) % period + period
        return block


def _sampler(stream: Stream, seed: int, replication: int) -> _Sampler:
    state, increment = initial_state(stream, seed, replication)
    words = np.random.PCG64DXSM(0)
    words.state = {
        "bit_generator": "PCG64DXSM",
        "state": {"state": state, "inc": increment},
        "has_uint32": 0,
        "uinteger": 0,
    }
    return _Sampler(stream, words)


def initial_state(stream: Stream, seed: int, replication: int) -> tuple[int, int]:
    """State and increment of the stream's generator before its first word, 128 bits each.

    They are set whole, not through NumPy's SeedSequence: one hash to trust, and it is written down here.
    """
    digest = hashlib.sha256(f"{seed}\0{replication}\0{stream.name}".encode()).digest()
    return int.from_bytes(digest[:16], "little"), int.from_bytes(digest[16:], "little") | 1


def _constant(value: int) -> WordArray:
    """A word as an array without dimensions: NumPy starts an operation with it in half the time of one with a scalar."""
    return np.array(value, dtype=np.uint64)


_ONE, _ELEVEN, _FOURTEEN, _NINETEEN, _THIRTY, _HALF = (_constant(value) for value in (1, 11, 14, 19, 30, 32))
_LOW_HALF, _FRACTION, _WHOLE = _constant((1 << 32) - 1), _constant((1 << 40) - 1), _constant(1 << 40)
_SEGMENT_SHIFT, _SEGMENT_MASK = np.array(40), np.array(_SEGMENTS - 1)
_EXPONENT_SHIFT, _EXPONENT_BIAS = np.array(12), np.array(1023)


def _multiply_high(words: WordArray, factor: int) -> WordArray:
    """floor(word * factor / 2**64), exactly; 0 <= factor < 2**63."""
    upper, lower = np.right_shift(words, _HALF), np.bitwise_and(words, _LOW_HALF)
    factor_upper, factor_lower = _constant(factor >> 32), _constant(factor & 0xFFFFFFFF)
    middle = np.multiply(lower, factor_lower)
    np.right_shift(middle, _HALF, middle)
    if not factor >> 32:
        np.multiply(upper, factor_lower, upper)
        np.add(middle, upper, middle)
        return np.right_shift(middle, _HALF, middle)
    middle += upper * factor_lower
    np.multiply(lower, factor_upper, lower)
    lower += np.bitwise_and(middle, _LOW_HALF)
    np.right_shift(lower, _HALF, lower)
    np.multiply(upper, factor_upper, upper)
    np.right_shift(middle, _HALF, middle)
    np.add(upper, middle, upper)
    return np.add(upper, lower, upper)


def _exponential(raw: WordArray, mean_value: int) -> IntArray:
    """-mean * ln(U) for U = (2k + 1) / 2**53 and k the top 52 bits of the word, rounded half up.

    With U = 2**-e * m, m in [1/2, 1): -ln U = e ln 2 - ln m. A segment of the table ends at x >= m, and with
    w = (x - m) / x < 2**-12, -ln m = -ln x + w + w**2 / 2 + at most w**3. Reading each segment from its upper end
    keeps the relative error below 1e-7 also where -ln U is small; a chord would not (6e-5 in the last segment).
    Every step works in place: where arrays come and go, half of the time is theirs.
    """
    upper_end_log, upper_end_inverse, power_log = logarithm_tables()
    odd = np.right_shift(raw, _ELEVEN)
    np.bitwise_or(odd, _ONE, odd)
    # An integer below 2**53 becomes a float64 exactly (IEEE 754), and its bits are the count of leading zeros and m.
    bits = odd.view(np.int64).astype(np.float64).view(np.uint64)
    segment = np.right_shift(bits.view(np.int64), _SEGMENT_SHIFT)
    power = np.right_shift(segment, _EXPONENT_SHIFT)
    np.subtract(power, _EXPONENT_BIAS, power)
    np.bitwise_and(segment, _SEGMENT_MASK, segment)
    w = np.subtract(_WHOLE, np.bitwise_and(bits, _FRACTION, bits), bits)
    np.multiply(w, upper_end_inverse.take(segment), w)
    np.right_shift(w, _NINETEEN, w)
    total = upper_end_log.take(segment)
    np.add(total, w, total)
    np.right_shift(w, _FOURTEEN, w)
    np.multiply(w, w, w)
    np.right_shift(w, _THIRTY, w)
    np.add(total, w, total)
    np.add(total, power_log.take(power), total)
    doubled = _multiply_high(total, exponential_factor(mean_value))
    np.add(doubled, _ONE, doubled)
    return np.right_shift(doubled, _ONE, doubled).view(np.int64)


def exponential_factor(mean_value: int) -> int:
    """What -ln U with its fraction bits is multiplied by, so that the upper word of the product is twice the draw."""
    return mean_value << (64 - _FRACTION_BITS + 1)


@functools.cache
def logarithm_tables() -> tuple[WordArray, WordArray, WordArray]:
    """For each segment of [1/2, 1): -ln of its upper end (57 fraction bits) and the end's inverse (23 bits); e ln 2.

    ln((n + 1) / n) = 2 atanh(1 / (2n + 1)), summed downwards from x = 1 in 120-bit integers; the whole sum is ln 2.
    """
    digits, drop = 120, 120 - _FRACTION_BITS
    logs, total = [], 0
    for upper in range(2 * _SEGMENTS, _SEGMENTS, -1):
        logs.append((total + (1 << (drop - 1))) >> drop)
        odd = 2 * upper - 1
        term, power = (2 << digits) // odd, 1
        while term:
            total += term // power
            term //= odd * odd
            power += 2
    ends = range(_SEGMENTS + 1, 2 * _SEGMENTS + 1)
    inverses = [((2 * _SEGMENTS << 24) // end + 1) >> 1 for end in ends]
    powers = [((52 - exponent) * total + (1 << (drop - 1))) >> drop for exponent in range(53)]
    return (
        np.array(logs[::-1], dtype=np.uint64),
        np.array(inverses, dtype=np.uint64),
        np.array(powers, dtype=np.uint64),
    )


def _from_table(raw: WordArray, values: IntArray) -> IntArray:
    half = len(values) // 2
    cumulative = np.cumsum(values[half:])
    ticket = _multiply_high(raw, int(cumulative[-1])).astype(np.int64)
    chosen: IntArray = values[:half].take(np.searchsorted(cumulative, ticket, side="right"))
    return chosen


def _from_spread(raw: WordArray, values: IntArray) -> IntArray:
    low_1024, high_1024, share_ppm, factor_1024 = (int(value) for value in values)
    factors = spread_quantiles(low_1024, high_1024).take((raw >> np.uint64(52)).view(np.int64))
    if share_ppm:
        # The low half of the word is free of the quantile's twelve bits, so that the tail is independent of the body.
        factors[(raw & np.uint64(0xFFFFFFFF)) < np.uint64(tail_threshold(share_ppm))] = factor_1024
    return factors


def tail_threshold(share_ppm: int) -> int:
    """Below it the lower half of a word belongs to the tail."""
    return (share_ppm << 32) // _PPM


@functools.lru_cache(maxsize=64)
def spread_quantiles(low_1024: int, high_1024: int) -> IntArray:
    """The 4096 mid-quantiles: a half of width W has its quantile W * (1 - sqrt(2 p)) away from the median."""
    half = _QUANTILES // 2
    below, above = MEDIAN_1024 - low_1024, high_1024 - MEDIAN_1024
    lower = [low_1024 + _root(below, k, half) for k in range(half)]
    upper = [high_1024 - _root(above, k, half) for k in range(half)]
    return np.array(lower + upper[::-1], dtype=np.int64)


def _root(width: int, index: int, half: int) -> int:
    """width * sqrt((index + 1/2) / half), rounded to nearest."""
    return (math.isqrt(4 * width * width * (2 * index + 1) // (2 * half)) + 1) // 2


def _pack(name: str, values: Sequence[int] | IntArray) -> bytes:
    try:
        if isinstance(values, np.ndarray):
            return values.astype("<i8", casting="safe").tobytes()
        # operator.index refuses floats, which NumPy would cut to integers without a word.
        return np.array([operator.index(value) for value in values], dtype="<i8").tobytes()
    except (OverflowError, TypeError) as error:
        raise BadValue(f"stream {name}", "are not integers that fit 64 bits", str(values)[:80]) from error


def _require(condition: bool, name: str, what: str, value: object) -> None:
    if not condition:
        raise BadValue(f"stream {name}", what, value)
