"""The vectors and the random plans reach the kernel's branches; those that no sound plan reaches are known by name."""

from __future__ import annotations

import ast

import pytest

from tests.engines.branches import NEVER, Arms, count, counted, names
from tests.engines.twin import execute

PLANS = 400
"""The brief look; ``python -m tests.engines.branches`` is the long one."""
SELDOM = 8
"""So many arms may be missed here: they need hundreds of plans more."""

LOOPS = """
def f(n):
    for i in range(n):
        if i > 1 and i < 4:
            n += 1
    while n > 9:
        n -= 1
"""


def test_counts_are_right() -> None:
    tree, arms = counted(ast.parse(LOOPS))
    function = execute(tree, "loops", **names(arms)).f
    function(0)
    function(6)
    assert {str(arm): hits for hits, arm in zip(arms.hits, arms.arms, strict=True)} == {
        "f: range(n) -> entered": 6,
        "f: range(n) -> not entered": 1,
        "f: i > 1 and i < 4 -> true": 2,
        "f: i > 1 and i < 4 -> false": 4,
        "f: i > 1 -> true": 4,
        "f: i > 1 -> false": 2,
        "f: i < 4 -> true": 2,
        "f: i < 4 -> false": 2,
        "f: n > 9 -> entered": 0,
        "f: n > 9 -> not entered": 2,
    }


@pytest.fixture(scope="module")
def arms() -> Arms:
    return count(range(PLANS))


def test_branches_are_reached(arms: Arms) -> None:
    missed = [str(arm) for _, arm in arms.below(1) if str(arm) not in NEVER]
    assert len(missed) <= SELDOM, "\n".join(missed)


def test_what_is_never_reached_is_still_there_and_not_reached(arms: Arms) -> None:
    assert NEVER.keys() - {str(arm) for _, arm in arms.below(1)} == set()
