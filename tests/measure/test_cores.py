"""Which cores are chosen, and whether a thread knows that it lost its core."""

from __future__ import annotations

import os
import resource
from types import SimpleNamespace

import pytest

from simulator.measure import cores
from simulator.measure.cores import Pair, choose, undisturbed


def pairs_of_two(core: int) -> frozenset[int]:
    return frozenset((core // 2 * 2, core // 2 * 2 + 1))


@pytest.mark.parametrize(
    ("allowed", "expected"),
    [
        ({0, 1, 2, 3}, Pair(3, 1)),
        ({2, 3}, Pair(3, 2, siblings=True)),
        ({5}, Pair(5, None)),
        ({0, 3}, Pair(3, 0)),
    ],
)
def test_two_cores_rather_than_two_threads_of_one(allowed: set[int], expected: Pair) -> None:
    assert choose(frozenset(allowed), pairs_of_two) == expected


def test_a_thread_stays_where_it_is_put_and_this_one_is_left_alone() -> None:
    before = os.sched_getaffinity(0)
    pair = cores.here()
    with cores.crew(pair) as crew:
        assert crew.first.call(lambda: os.sched_getaffinity(0)) == {pair.first}
        if crew.spinner is not None:
            assert crew.spinner.call(lambda: os.sched_getscheduler(0)) == os.SCHED_IDLE
    assert os.sched_getaffinity(0) == before
    assert os.sched_getscheduler(0) == os.SCHED_OTHER


@pytest.mark.parametrize(("counts", "kept"), [((4, 4), True), ((4, 5), False)])
def test_losing_the_core_is_noticed(counts: tuple[int, int], kept: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter(counts)
    monkeypatch.setattr(resource, "getrusage", lambda _: SimpleNamespace(ru_nivcsw=next(answers)))
    assert undisturbed(lambda: 5) == (5, kept)
