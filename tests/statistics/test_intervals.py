"""Intervals against numbers worked out by hand, against SciPy, and how often they cover. Seeds are fixed."""

from __future__ import annotations

from fractions import Fraction
from math import exp, log

import numpy as np
import pytest
from scipy import stats

from simulator.plan.trace import histogram_index, histogram_upper
from simulator.statistics.intervals import Interval, quantile, quantile_of, ratio, sectioned, within

P99 = Fraction(99, 100)


def test_the_interval_of_a_mean_is_students() -> None:
    # t(0.975; 3) = 3.1824, standard deviation 1.2910: half width 2.0543
    found = sectioned(2.5, [1.0, 2.0, 3.0, 4.0])
    assert found is not None
    assert (found.low, found.high) == pytest.approx((2.5 - 2.05427, 2.5 + 2.05427), abs=1e-4)
    assert (found.low, found.high) == pytest.approx(stats.t.interval(0.95, 3, 2.5, stats.sem([1, 2, 3, 4])))


def test_a_number_far_from_its_pieces_is_less_sure() -> None:
    near, far = sectioned(2.5, [1.0, 2.0, 3.0, 4.0]), sectioned(4.0, [1.0, 2.0, 3.0, 4.0])
    assert near is not None
    assert far is not None
    assert far.half > near.half


@pytest.mark.parametrize("pieces", [[], [1.0]])
def test_no_interval_without_two_pieces(pieces: list[float]) -> None:
    assert sectioned(1.0, pieces) is None


def test_it_covers_as_often_as_it_says() -> None:
    # 95 % nominal; 1000 runs: outside 92.5..97.5 % by chance once in 3,000.
    draws = np.random.Generator(np.random.PCG64(1)).normal(7.0, 2.0, size=(1000, 5))
    found = [sectioned(float(row.mean()), [float(value) for value in row]) for row in draws]
    covered = sum(f is not None and f.low <= 7.0 <= f.high for f in found) / 1000
    assert 0.925 < covered < 0.975


def histogram(values: np.ndarray) -> dict[int, int]:
    found: dict[int, int] = {}
    for value in values:
        index = histogram_index(int(value))
        found[index] = found.get(index, 0) + 1
    return found


def test_the_interval_of_a_quantile_covers() -> None:
    # Exponential, mean 1e6: p99 is 4.605e6. 200 runs of ten pieces of 1,000: outside 90..99 % by chance once in 300.
    source = np.random.Generator(np.random.PCG64(2))
    truth, hits = -log(0.01) * 1e6, 0
    for _ in range(200):
        found = quantile([histogram(source.exponential(1e6, 1000)) for _ in range(10)], P99)
        assert found is not None
        hits += found.low <= truth <= found.high
    assert 0.90 < hits / 200 < 0.99


def test_pieces_without_ten_samples_above_are_put_together() -> None:
    small = [histogram(np.arange(1, 401) * (10 + n)) for n in range(20)]
    assert quantile(small[:9], P99) is None  # three groups of 1,200
    assert quantile(small, P99) is not None
    assert quantile([], P99) is None


def test_a_quantile_is_the_upper_edge_of_its_bucket() -> None:
    assert quantile_of(histogram(np.arange(1, 10_001)), P99) == histogram_upper(histogram_index(9900))


def test_between_the_edges_of_a_bucket_by_hand() -> None:
    # bucket 300 holds 344 to 345 ps; of 1,000 samples 980 lie below it and 20 in it: the 990th is half way through
    upper, lower = histogram_upper(300), histogram_upper(299)
    assert within({256: 980, 300: 20}, P99) == lower + (upper - lower) / 2
    assert within({256: 1000}, P99) == histogram_upper(255) + 0.99 * (histogram_upper(256) - histogram_upper(255))


def test_a_number_that_no_piece_leads_out_of_its_bucket_is_known_to_the_bucket() -> None:
    found = quantile([{2401: 2000}] * 10, P99)
    assert found == Interval(histogram_upper(2400), histogram_upper(2401))


def test_quantiles_near_an_edge_are_covered() -> None:
    # p99 lies 0.02 of a bucket above an edge: edges alone cover it in two of three cases. 60 runs: below 85 % by chance once in 300.
    edge, rng, hits = histogram_upper(histogram_index(29_500_000)), np.random.default_rng(11), 0
    truth = edge + 2_600
    for _ in range(60):
        found = quantile(
            [histogram(truth + rng.exponential(900_000, 1500) - 900_000 * np.log(100)) for _ in range(15)], P99
        )
        assert found is not None
        hits += found.low <= truth <= found.high
    assert hits / 60 > 0.85


def test_pairs_make_a_ratio_surer_than_two_intervals() -> None:
    source = np.random.Generator(np.random.PCG64(3))
    common = source.lognormal(0.0, 0.3, 20)
    below, above = common * 10, common * 11 * source.lognormal(0.0, 0.01, 20)
    whole = float(above.sum() / below.sum())
    paired = ratio(whole, list(above), list(below))
    shuffled = ratio(whole, list(above), list(below[::-1]))
    assert paired is not None
    assert shuffled is not None
    assert paired.low < 1.1 < paired.high
    assert shuffled.half > 5 * paired.half


def test_the_ends_of_a_ratio_by_hand() -> None:
    # logarithms of the ratios 2 and 8 around that of 4: standard error ln 2, t(0.975; 1) = 12.706
    found = ratio(4.0, [2.0, 8.0], [1.0, 1.0])
    half = 12.7062 * log(2)
    assert found is not None
    assert found.low == pytest.approx(4 * exp(-half), rel=1e-4)
    assert found.high == pytest.approx(4 * exp(half), rel=1e-4)
    assert ratio(1.0, [0.0, 1.0], [1.0, 1.0]) is None


def test_half_a_width() -> None:
    assert Interval(2.0, 5.0).half == 1.5
