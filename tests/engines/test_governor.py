"""What idle times have in common, in both engines: the borders by hand, and random histories alike."""

from __future__ import annotations

from random import Random

import pytest

from simulator.engines.reference.cpu.governor import Governor
from tests.engines.twin import load

KERNEL = load()


def reference(recent_us: list[int]) -> int | None:
    governor = Governor(((0, 1),))
    governor._recent_us = list(recent_us)
    return governor._typical_us()


def kernel(recent_us: list[int]) -> int | None:
    words = [0] * KERNEL.V8_RECENT + list(recent_us)
    found: int = KERNEL.typical_interval(words, 0)
    return None if found == KERNEL.INF else found


@pytest.mark.parametrize("typical", [reference, kernel])
@pytest.mark.parametrize(
    ("recent_us", "expected"),
    [
        ([0] * 8, None),
        ([100] * 8, 100),
        # n = 8, mean 40, variance 400: almost equal
        ([20, 60] * 4, 40),
        # variance 441 is too much, 40 * 40 < 36 * 441; without the longest four of 19 are left
        ([19, 61] * 4, 19),
        # 300 * 300 = 36 * 2500: not more
        ([250, 350] * 4, 250),
        # 36 * 2401 = 86,436 < 90,000
        ([251, 349] * 4, 300),
        # the two longest go; six are left, as many as may decide by regularity: mean 1000, variance 10,000
        ([900, 1100] * 3 + [40_000] * 2, 1000),
        # five are too few, and too different to be almost equal
        ([900, 1100, 900, 1100, 900] + [40_000] * 3, None),
        # five that are almost equal
        ([1000, 1001, 1000, 1001, 1000] + [40_000] * 3, 1000),
        # 7 of 8: 28 > 24, so that one more may be left out: 6, then nothing in common
        ([1, 200, 400, 800, 1600, 3200, 6400, 12_800], None),
    ],
)
def test_borders_by_hand(typical: object, recent_us: list[int], expected: int | None) -> None:
    assert typical(recent_us) == expected  # type: ignore[operator]


def test_both_engines_agree_on_random_histories() -> None:
    random = Random(5)
    for _ in range(3000):
        centre, spread = random.choice((10, 100, 1000, 30_000)), random.choice((0.02, 0.15, 0.3, 1))
        history = [round(centre * (1 + random.uniform(-spread, spread))) for _ in range(random.choice((4, 5, 6, 7, 8)))]
        history += [random.choice((0, 50_000, 40_000)) for _ in range(8 - len(history))]
        random.shuffle(history)
        assert reference(history) == kernel(history), history
