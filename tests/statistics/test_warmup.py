"""MSER-5 against a plain double loop and on series whose drift is known. Seeds are fixed."""

from __future__ import annotations

import numpy as np
import pytest

from simulator.statistics.warmup import BATCH, mser5


def autoregressive(start: float, phi: float, count: int, seed: int) -> list[float]:
    noise = np.random.Generator(np.random.PCG64(seed)).normal(size=count)
    values = [start]
    for one in noise[1:]:
        values.append(phi * values[-1] + float(one))
    return values


def plain(series: list[float]) -> int:
    """The definition, word for word."""
    batches = [sum(series[n : n + BATCH]) / BATCH for n in range(0, len(series) // BATCH * BATCH, BATCH)]
    found = []
    for cut in range(len(batches) // 2 + 1):
        rest = batches[cut:]
        middle = sum(rest) / len(rest)
        found.append(sum((one - middle) ** 2 for one in rest) / len(rest) ** 2)
    return found.index(min(found)) * BATCH


@pytest.mark.parametrize("seed", range(20))
def test_the_cut_is_that_of_the_definition(seed: int) -> None:
    series = autoregressive(float(seed), 0.9, 503, seed)
    assert mser5(series).values == plain(series)


@pytest.mark.parametrize("seed", range(10))
def test_a_biased_start_is_cut_where_it_ends(seed: int) -> None:
    # phi = 0.99 from 100: after 460 steps the start is below 1; published runs cut 165 to 925 of 20,000.
    cut = mser5(autoregressive(100.0, 0.99, 20_000, seed))
    assert 100 <= cut.values <= 1500
    assert not cut.refused
    assert cut.remarkable


def test_a_drift_without_end_is_refused() -> None:
    assert mser5([float(n) for n in range(500)]).refused


def test_a_steady_series_is_not_remarked_upon() -> None:
    # 4 standard errors of independent batches: by chance about once in 500 series, with the search over cuts; here 2 of 200 would do.
    found = [mser5(autoregressive(0.0, 0.0, 500, seed)) for seed in range(200)]
    assert sum(cut.remarkable for cut in found) <= 2
    assert not mser5([3.0] * 500).remarkable


def test_a_few_values_say_nothing() -> None:
    assert mser5([9.0, *[1.0] * 48]).values == 0
