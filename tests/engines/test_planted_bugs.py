"""Each planted bug is noticed by the vectors named for it and by random plans; without it they notice nothing."""

from __future__ import annotations

import pytest

from tests.conformance.vectors import vectors
from tests.engines.bug import Bug
from tests.engines.planted import BUGS, SOUND, caught_by_plans, caught_by_vectors, differs

VECTORS = {vector.name: vector for vector in vectors()}
each_bug = pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)


@each_bug
def test_bug_is_noticed_by_its_vectors(bug: Bug) -> None:
    chosen = [VECTORS[name] for name in bug.vectors]
    assert caught_by_vectors(bug, chosen) == list(bug.vectors)
    assert caught_by_vectors(SOUND, chosen) == []


@each_bug
def test_bug_is_noticed_by_random_plans(bug: Bug) -> None:
    if bug.plans == 0:
        assert bug.why
        assert bug.vectors
        return
    needed = caught_by_plans(bug, bug.plans)
    assert needed is not None
    assert not differs(SOUND, needed - 1)


def test_bugs_are_many_and_differ() -> None:
    assert len({(bug.kernel, bug.slots) for bug in BUGS}) == len(BUGS) >= 12
