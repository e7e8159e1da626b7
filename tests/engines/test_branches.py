"""The random plans reach every branch of the kernel 100 times; those that no sound plan reaches are known by name."""

from __future__ import annotations

import ast

from tests.engines.branches import NEVER, count, counted, library_cases, names, random_cases
from tests.engines.twin import execute

PLANS, LEAST = 1250, 100
"""The random plans of `test_agreement`; `python -m tests.engines.branches` adds the mutants of `test_library`."""
LIBRARY = 40
RULES = 800
"""The sequences of `test_adaptation`."""

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


def test_every_arm_runs_often_in_random_plans() -> None:
    seen = count(random_cases(range(PLANS)), RULES)
    seldom = [f"{hits} {arm}" for hits, arm in seen.arms.below(LEAST) if str(arm) not in NEVER]
    assert seldom == []
    # What cannot be reached is still there, and is not.
    assert NEVER.keys() - {str(arm) for _, arm in seen.arms.below(1)} == set()
    assert seen.tied >= 0.3 * seen.handled
    # Both halves: no plan of the library pre-empts, its slices are too long.
    assert seen.share("pre-emption") >= 0.4


def test_handler_runs_share_their_instant_in_the_library_too() -> None:
    seen = count(library_cases(range(LIBRARY)))
    assert seen.tied >= 0.3 * seen.handled
