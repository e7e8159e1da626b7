"""Both engines run the plans of every datapath alike, and a thousand plans that differ from them in a few numbers.

Half of the random plans that CI runs are these: `test_agreement.py` has the other half.
"""

from __future__ import annotations

import pytest

from simulator.plan.check import check
from tests.engines.agreement import Coverage, compare
from tests.engines.available import ENGINES
from tests.engines.library import UNTIL_PS, library
from tests.engines.mutation import mutate

MUTANTS, CHUNK = 1000, 100
STRIDE = 5
"""So that every hundred has plans of many datapaths."""
PAIR = (ENGINES["reference"], ENGINES["compiled"])


def test_engines_agree_on_every_datapath() -> None:
    for seed, plan in enumerate(library()):
        assert compare(PAIR, plan, UNTIL_PS, seed) is None, f"plan {seed}"


@pytest.mark.parametrize("first", range(0, MUTANTS, CHUNK))
def test_engines_agree_on_mutated_datapaths(first: int) -> None:
    plans = library()
    changed, coverage = 0, Coverage()
    for seed in range(first, first + CHUNK):
        plan = plans[seed * STRIDE % len(plans)]
        mutant = mutate(plan, seed)
        changed += mutant != plan
        assert check(mutant) == []
        assert compare(PAIR, mutant, UNTIL_PS, seed, coverage) is None, f"mutant {seed}"
    assert changed > CHUNK // 2
    assert coverage.share("exits") >= 0.12, str(coverage)
    # windows open slowly, and the socket of a stream holds all of its window
    assert coverage.share("drops") >= 0.06, str(coverage)
    # a doorbell per bridged frame and shorter wake-ups leave fewer queues full
    assert coverage.share("parking") >= 0.03, str(coverage)
