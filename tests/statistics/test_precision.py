"""What a precision says, and when a point has run enough."""

from __future__ import annotations

from math import sqrt

import pytest

from simulator.errors import InputError
from simulator.statistics.precision import FEWEST, LOOK_AHEAD, MOST, decide, parse


@pytest.mark.parametrize(
    ("text", "goals"),
    [
        ("p99 1 %", {"p99": 0.01}),
        ("p99.9 20 %,mean 0.5 %", {"p99.9": 0.2, "mean": 0.005}),
        ("p50 500 ppm", {"p50": 5e-4}),
    ],
)
def test_a_precision_in_words(text: str, goals: dict[str, float]) -> None:
    assert parse(text) == pytest.approx(goals)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is no precision"),
        (5, "is no precision"),
        ("p98 1 %", "p98"),
        ("p99", "no share"),
        ("p99 5", "no share"),
        ("p99 0 %", "not between"),
        ("p99 100 %", "not between"),
        ("p99 1 %, p99 2 %", "twice"),
    ],
)
def test_what_is_no_precision(text: object, said: str) -> None:
    with pytest.raises(InputError, match=said):
        parse(text)


def runs(width: float, most: int = MOST) -> tuple[list[int], bool]:
    """The numbers of replications at which somebody looked, where the relative half width is width / sqrt(n)."""
    done, seen = 0, []
    while True:
        verdict = decide(done, lambda n: {"p99": width / sqrt(n)}, {"p99": 0.05}, most)
        if not verdict.more:
            return seen, verdict.reached
        done += verdict.more
        seen.append(done)


def test_ten_and_five_more_are_enough_for_a_sure_number() -> None:
    assert runs(0.0) == ([FEWEST, FEWEST + LOOK_AHEAD], True)


def test_an_unsure_number_takes_what_the_square_root_says() -> None:
    # 0.3 / sqrt(36) = 0.05; five more must agree
    seen, reached = runs(0.3)
    assert reached
    assert 36 + LOOK_AHEAD <= seen[-1] <= 36 + 3 * LOOK_AHEAD


def test_the_budget_ends_it_and_it_is_said() -> None:
    assert runs(5.0) == ([10, 20, 40, 80, 100], False)
    assert runs(0.0, most=12) == ([10, 12], False)


def test_a_lucky_moment_does_not_end_it() -> None:
    verdict = decide(20, lambda n: {"p99": 0.01 if n == 20 else 0.06}, {"p99": 0.05})
    assert verdict.more == LOOK_AHEAD


def test_a_number_without_an_interval_is_not_reached() -> None:
    assert decide(100, lambda _: {"p99": None}, {"p99": 0.05}) == decide(100, lambda _: {}, {"p99": 0.05})
    assert not decide(100, lambda _: {}, {"p99": 0.05}).reached
