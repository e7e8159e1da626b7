"""Both engines run 1,000 random plans and their neighbours alike, and these plans are worth running; `test_library.py` has 1,000 more.

`python -m benchmarks.fuzz` does the same for as many as there is time for.
"""

from __future__ import annotations

import pytest

from simulator.plan.check import check
from simulator.plan.model import Plan
from simulator.plan.references import entities
from tests.conformance.vectors import vectors
from tests.engines.agreement import Coverage, compare, execute
from tests.engines.available import ENGINES
from tests.engines.mutation import mutate
from tests.engines.random_plans import random_plan
from tests.engines.shrinking import shrink
from tests.engines.surgery import renamed, side_by_side

PLANS, CHUNK = 1250, 125
MUTANTS = 300
PAIR = (ENGINES["reference"], ENGINES["compiled"])
LEAST_SHARES = {
    "drops": 0.5, "parking": 0.2, "switches": 0.13, "requeues": 0.3, "timeouts": 0.2, "acks": 0.13, "halt exits": 0.15,
    "kicks": 0.2, "eoi": 0.05, "other exits": 0.05, "window exits": 0.01, "halt polling": 0.04, "moderated": 0.15,
    "tags": 0.015, "empty": 0.2, "poll mode": 0.12, "suppressed": 0.15, "delivered": 0.8,
}  # fmt: skip
"""Shares of plans that must have it, well below what they are, so that only a real loss of coverage is noticed."""


@pytest.mark.parametrize("first", range(0, PLANS, CHUNK))
def test_engines_agree_on_random_plans(first: int) -> None:
    coverage = Coverage()
    for seed in range(first, first + CHUNK):
        plan, until_ps = random_plan(seed)
        assert compare(PAIR, plan, until_ps, seed, coverage) is None, f"seed {seed}"
    assert coverage.tied > 0.2 * coverage.lines
    # With what `test_library` asserts, a fifth of all plans have each.
    assert min(coverage.share(what) for what in ("parking", "drops", "exits")) >= 0.2, str(coverage)


@pytest.mark.parametrize("first", range(0, MUTANTS, CHUNK))
def test_engines_agree_on_mutants(first: int) -> None:
    changed = 0
    for seed in range(first, min(first + CHUNK, MUTANTS)):
        plan, until_ps = random_plan(seed)
        mutant = mutate(plan, seed)
        changed += mutant != plan
        assert check(mutant) == []
        assert compare(PAIR, mutant, until_ps, seed) is None, f"mutant {seed}"
    assert changed > 0


def test_engines_agree_on_mutated_vectors() -> None:
    for seed, vector in enumerate(vectors()):
        until_ps = vector.data["until"]
        assert compare(PAIR, mutate(vector.plan, seed), until_ps, seed) is None, vector.name


def test_random_plans_exercise_what_they_should() -> None:
    coverage = Coverage()
    for seed in range(400):
        plan, until_ps = random_plan(seed)
        coverage.add(execute(ENGINES["compiled"], plan, until_ps, seed))
    short = {what: coverage.share(what) for what, least in LEAST_SHARES.items() if coverage.share(what) < least}
    assert short == {}, str(coverage)
    assert 100 < coverage.handled / coverage.plans < 1200


def test_random_plan_follows_from_its_seed() -> None:
    assert random_plan(7) == random_plan(7)
    assert random_plan(7)[0] != random_plan(8)[0]


def test_shrinking_keeps_the_fault_and_drops_the_rest() -> None:
    known = {vector.name: vector.plan for vector in vectors()}
    plan = side_by_side(known["drop_output_at_emit"], renamed(known["window_halves_on_loss"], "other."))

    def drops(candidate: Plan, until_ps: int) -> bool:
        return bool(execute(ENGINES["compiled"], candidate, until_ps, 1).counters.get("r.dropped"))

    smaller, until_ps = shrink(plan, 1000, drops)
    assert check(smaller) == []
    assert drops(smaller, until_ps)
    assert not any(name.startswith("other.") for name in (entity.name for _, _, entity in entities(smaller)))
    assert until_ps < 1000
