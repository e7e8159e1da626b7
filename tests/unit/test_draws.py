"""Draws against independent calculations: exact logarithms, textbook moments, and first values that may never change.

Statistical tests use fixed seeds, so they cannot flicker; the stated false-alarm rates are the chance that a correct
generator would have failed when the seed was chosen.
"""

from __future__ import annotations

import hashlib
import math
from decimal import Decimal, localcontext
from fractions import Fraction

import numpy as np
import pytest
from scipy import stats

from simulator.errors import InputError
from simulator.plan import draws
from simulator.plan.draws import Draws, Stream

GOLDEN = {
    "constant": (draws.constant("golden", 7), [7, 7, 7, 7]),
    "exponential": (draws.exponential("golden", 1_000_000), [202457, 116891, 338660, 416386]),
    "exponential, long": (
        draws.exponential("golden", 10**13),
        [2024573363388, 1168914942018, 3386595180805, 4163863534085],
    ),
    "uniform": (draws.uniform("golden", -5, 99), [80, 88, 69, 64]),
    "uniform, wide": (
        draws.uniform("golden", 0, 10**15),
        [816721326174591, 889681723548970, 712725077784218, 659425449990172],
    ),
    "table": (draws.table("golden", [60, 590, 1514], [7, 4, 1]), [590, 590, 590, 590]),
    "cycle": (draws.cycle("golden", [3, 1, 2], first=9), [9, 1, 2, 3]),
    "spread": (draws.spread("golden", 900, 3000, (100_000, 20_000)), [1804, 2072, 1502, 1369]),
}


def entries(stream: Stream, count: int, seed: int = 1, replication: int = 0) -> np.ndarray:
    source = Draws([stream], seed, replication)
    blocks = [source.next_block(0) for _ in range(-(-count // source.block_length))]
    return np.concatenate(blocks)[:count]


def words(name: str, count: int, seed: int = 1, replication: int = 0) -> list[int]:
    """The 64-bit words of a stream, from a second implementation of PCG64DXSM in plain integers."""
    digest = hashlib.sha256(f"{seed}\0{replication}\0{name}".encode()).digest()
    state, step = int.from_bytes(digest[:16], "little"), int.from_bytes(digest[16:], "little") | 1
    multiplier, full, out = 0xDA942042E4DD58B5, 2**128 - 1, []
    for _ in range(count):
        high, low = state >> 64, state & (2**64 - 1) | 1
        high = (high ^ high >> 32) * multiplier & (2**64 - 1)
        out.append((high ^ high >> 48) * low & (2**64 - 1))
        state = state * multiplier + step & full
    return out


@pytest.mark.parametrize("case", GOLDEN)
def test_first_values_never_change(case: str) -> None:
    stream, expected = GOLDEN[case]
    assert entries(stream, 4, seed=42, replication=3).tolist() == expected


def test_words_come_from_the_written_generator() -> None:
    stream = draws.uniform("words", 0, 2**62)
    expected = [word * (2**62 + 1) >> 64 for word in words("words", 500)]
    assert entries(stream, 500).tolist() == expected


@pytest.mark.parametrize("mean", [1, 1000, 2**24 - 1, 2**24, 833_333, 10**9, 10**13, 2**50 - 1])
def test_exponential_equals_the_exact_logarithm(mean: int) -> None:
    drawn = entries(draws.exponential("exact", mean), 400).tolist()
    with localcontext() as context:
        context.prec = 40
        for value, word in zip(drawn, words("exact", 400), strict=True):
            exact = -(Decimal(2 * (word >> 12) + 1) / 2**53).ln() * mean
            assert abs(value - exact) <= Decimal("0.5000001") + exact * Decimal("1e-7")


@pytest.mark.parametrize("odd", [2**53 - 1, 2**53 - 3, 2**53 - 2**40 - 1, 2**52 + 1, 2**52 - 1, 2**51 + 1, 3, 1])
def test_exponential_is_exact_at_the_edges_of_the_unit_interval(odd: int) -> None:
    word = np.array([(odd >> 1) << 12 | 0xABC], dtype=np.uint64)
    mean = 2**50 - 1
    with localcontext() as context:
        context.prec = 40
        exact = -(Decimal(odd) / 2**53).ln() * mean
    assert abs(int(draws._exponential(word, mean)[0]) - exact) <= 1 + exact * Decimal("1e-7")


def test_every_segment_of_the_logarithm_is_within_a_part_in_ten_million() -> None:
    rng = np.random.default_rng(5)
    inside = (np.arange(4096, dtype=np.uint64) << np.uint64(40)) | rng.integers(0, 2**40, 4096, dtype=np.uint64)
    odd = (np.uint64(1 << 52) | inside) | np.uint64(1)
    drawn = draws._exponential((odd >> np.uint64(1)) << np.uint64(12), 2**50 - 1)
    with localcontext() as context:
        context.prec = 40
        for value, number in zip(drawn.tolist(), odd.tolist(), strict=True):
            exact = -(Decimal(number) / 2**53).ln() * (2**50 - 1)
            assert abs(value - exact) <= 1 + exact * Decimal("1e-7")


def test_exponential_law() -> None:
    """Kolmogorov-Smirnov at 1e-4 and |t| < 4.5 on the mean (7e-6): together one false alarm in about 9,000 seeds."""
    mean = 1_000_000
    sample = entries(draws.exponential("law", mean), 200_000)
    assert stats.kstest(sample, "expon", args=(0, mean)).pvalue > 1e-4
    assert abs(sample.mean() - mean) / (mean / math.sqrt(len(sample))) < 4.5


def test_exponential_variance_and_independence() -> None:
    """|z| < 4.5 on the variance (its standard error is mean**2 * sqrt(8 / n)) and on lag 1: 1.4e-5 in all."""
    mean, count = 1_000_000, 400_000
    sample = entries(draws.exponential("variance", mean), count).astype(float)
    assert abs(sample.var() / mean**2 - 1) / math.sqrt(8 / count) < 4.5
    assert abs(np.corrcoef(sample[1:], sample[:-1])[0, 1]) * math.sqrt(count) < 4.5


def test_uniform_reaches_all_values_evenly() -> None:
    """Chi-square at 1e-4."""
    counts = np.bincount(entries(draws.uniform("die", 1, 6), 120_000), minlength=7)
    assert counts[0] == 0
    assert stats.chisquare(counts[1:]).pvalue > 1e-4


def test_table_follows_its_weights() -> None:
    """Chi-square at 1e-4; a value of weight 0 never comes."""
    sample = entries(draws.table("imix", [60, 61, 590, 1514], [7, 0, 4, 1]), 120_000)
    values, counts = np.unique(sample, return_counts=True)
    assert values.tolist() == [60, 590, 1514]
    assert stats.chisquare(counts, [70_000, 40_000, 10_000]).pvalue > 1e-4


def test_table_of_huge_weights() -> None:
    """Binomial: |z| < 4.5, 7e-6."""
    sample = entries(draws.table("huge", [0, 1], [2**61, 2**61]), 100_000)
    assert abs(sample.mean() - 0.5) * 2 * math.sqrt(len(sample)) < 4.5


@pytest.mark.parametrize(("low", "high"), [(900, 1200), (1024, 4096), (1, 1024), (512, 20_000), (1024, 1024)])
def test_spread_has_median_range_and_stated_mean(low: int, high: int) -> None:
    """Mean: |t| < 4.5, 7e-6 per case; half of the entries on each side of 1024: |z| < 4.5."""
    stream = draws.spread("spread", low, high)
    quantiles = draws.spread_quantiles(low, high)
    assert low <= quantiles.min() <= quantiles.max() <= high
    assert np.all(np.diff(quantiles) >= 0)
    assert quantiles[2047] <= 1024 <= quantiles[2048]
    assert abs(float(draws.mean(stream)) - (1024 + (low + high - 2048) / 6)) < 1
    sample = entries(stream, 100_000)
    deviation = max(sample.std(), 1e-9)
    assert abs(sample.mean() - float(draws.mean(stream))) / deviation * math.sqrt(len(sample)) < 4.5


def test_spread_tail_comes_as_often_as_stated() -> None:
    """Binomial: |z| < 4.5, 7e-6; the mean with tail is exact to the threshold's 2**-32."""
    stream = draws.spread("tail", 1024, 1024, (10_000, 9000))
    sample = entries(stream, 200_000)
    assert set(np.unique(sample)) == {1024, 9000}
    share = float((sample == 9000).mean())
    assert abs(share - 0.01) / math.sqrt(0.01 * 0.99 / len(sample)) < 4.5
    assert abs(draws.mean(stream) - (1024 + Fraction(7976, 100))) < Fraction(1, 100_000)


def test_cycle_repeats_and_starts_once() -> None:
    stream = draws.cycle("cycle", np.array([10, 20, 30], dtype=np.int64), first=5)
    source = Draws([stream], 1, 0, block_budget=1)
    got = np.concatenate([source.next_block(0) for _ in range(3)])
    assert source.block_length == 256
    assert got.tolist() == [5, *[20, 30, 10] * 256][: len(got)]
    assert entries(draws.cycle("plain", [4, 6]), 5).tolist() == [4, 6, 4, 6, 4]


@pytest.mark.parametrize("period", [1, 128, 256])
def test_a_cycle_that_ends_with_a_block_starts_once(period: int) -> None:
    source = Draws([draws.cycle("even", [7] * period, first=5)], 1, 0, block_budget=256)
    assert [int((source.next_block(0) == 5).sum()) for _ in range(4)] == [1, 0, 0, 0]


def test_long_cycle_crosses_blocks() -> None:
    array = np.arange(100_000)
    got = entries(draws.cycle("long", array, first=-1), 250_000)
    expected = np.arange(250_000) % 100_000
    expected[0] = -1
    assert np.array_equal(got, expected)


def test_names_seeds_and_replications_differ() -> None:
    base = entries(draws.exponential("a", 10**6), 100).tolist()
    assert entries(draws.exponential("a", 10**6), 100).tolist() == base
    for other in (
        entries(draws.exponential("b", 10**6), 100),
        entries(draws.exponential("a", 10**6), 100, seed=2),
        entries(draws.exponential("a", 10**6), 100, replication=1),
    ):
        assert len(set(base) & set(other.tolist())) < 5


def test_common_random_numbers_scale_with_the_mean() -> None:
    slow = entries(draws.exponential("guest0.rx:gap", 4_000_000), 1000)
    fast = entries(draws.exponential("guest0.rx:gap", 1_000_000), 1000)
    assert np.abs(slow - 4 * fast).max() <= 2


def test_means() -> None:
    assert draws.mean(draws.constant("x", -3)) == -3
    assert draws.mean(draws.exponential("x", 17)) == 17
    assert draws.mean(draws.uniform("x", 1, 6)) == Fraction(7, 2)
    assert draws.mean(draws.table("x", [60, 590, 1514], [7, 4, 1])) == Fraction(60 * 7 + 590 * 4 + 1514, 12)
    assert draws.mean(draws.cycle("x", [1, 2, 6], first=100)) == 3


def test_streams_are_values_and_print_shortly() -> None:
    assert draws.uniform("x", 1, 6) == draws.uniform("x", 1, 6)
    assert hash(draws.uniform("x", 1, 6)) == hash(draws.uniform("x", 1, 6))
    assert draws.describe(draws.uniform("x", 1, 6)) == "uniform 1 6"
    long = draws.cycle("x", np.arange(10_000))
    assert len(repr(long)) < 60
    assert draws.describe(long) == "cycle 0 0 1 2 3 4 ... (9995 more)"


@pytest.mark.parametrize(("streams", "length"), [(0, 65_536), (1, 65_536), (64, 65_536), (65, 64_527), (100_000, 256)])
def test_block_length_is_bounded(streams: int, length: int) -> None:
    source = Draws([draws.constant(str(k), k) for k in range(min(streams, 65))], 1, 0)
    if streams <= 65:
        assert source.block_length == length
        assert all(len(source.next_block(k)) == length for k in range(min(streams, 3)))
    else:
        assert Draws([draws.constant("x", 1)], 1, 0, block_budget=100).block_length == length


@pytest.mark.parametrize(
    ("make", "part"),
    [
        (lambda: draws.exponential("s", 0), "'0' is no mean of an exponential stream"),
        (lambda: draws.exponential("s", 2**50), "1125899906842624"),
        (lambda: draws.uniform("s", 2, 1), "'2 to 1' is no range"),
        (lambda: draws.table("s", [1], []), "weights do not fit"),
        (lambda: draws.table("s", [1, 2], [0, 0]), "is no sum of weights"),
        (lambda: draws.table("s", [1, 2], [-1, 2]), "is no sum of weights"),
        (lambda: draws.cycle("s", []), "too few for a cycle"),
        (lambda: draws.spread("s", 1025, 2000), "is no spread"),
        (lambda: draws.spread("s", 900, 2000, (500_000, 1)), "no share of a tail"),
        (lambda: draws.spread("s", 900, 2000, (1, 0)), "no factor of a tail"),
        (lambda: draws.constant("s", 2**63), "not integers that fit 64 bits"),
        (lambda: draws.cycle("s", [1.5]), "not integers that fit 64 bits"),  # type: ignore[list-item]
        (lambda: draws.cycle("s", np.array([1.5])), "not integers that fit 64 bits"),
        (lambda: Draws([draws.constant("s", 1)] * 2, 1, 0), "is the name of two streams"),
        (lambda: Draws([Stream("s", "exponentail", b"")], 1, 0), "did you mean 'exponential'?"),
    ],
)
def test_bad_parameters_are_named(make: object, part: str) -> None:
    with pytest.raises(InputError) as caught:
        make()  # type: ignore[operator]
    assert str(caught.value).startswith("stream s: ")
    assert part in str(caught.value)
