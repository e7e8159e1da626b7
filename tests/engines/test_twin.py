"""The kernel in plain Python is the compiled kernel: same traces, no sum beyond 64 bits, no stray position."""

from __future__ import annotations

import pytest

from simulator.engines.compiled import CompiledEngine
from simulator.engines.reference import ReferenceEngine
from simulator.plan.check import check
from simulator.plan.model import Plan
from simulator.plan.trace import Engine, Trace
from tests.conformance.vectors import Vector, differences, run, vectors
from tests.engines.agreement import first_difference
from tests.engines.branches import CORNER_PS, corners
from tests.engines.random_plans import random_plan
from tests.engines.twin import TwinEngine, checked_engine, edited, load

PLANS = range(60)
MIDDLE = (2, 5)
"""Where the measurement begins, as a share of the time."""
NO_CARRY = (("    if m[at] >= CARRY:\n        m[at] -= CARRY\n        m[at + 1] += 1\n", ""),)
WIDE = [vector for vector in vectors() if vector.name in ("latency_sum_above_63_bits", "wait_sum_above_63_bits")]


def measured(engine: type[Engine], plan: Plan, until_ps: int) -> list[Trace]:
    """The trace in the middle, and that of the rest."""
    instance = engine(plan, 1, 0, log=True)
    instance.run(until_ps * MIDDLE[0] // MIDDLE[1])
    first = instance.trace()
    instance.begin_window()
    instance.run(until_ps)
    return [first, instance.trace()]


def test_twin_is_the_compiled_kernel() -> None:
    for seed in PLANS:
        plan, until_ps = random_plan(seed)
        assert measured(TwinEngine, plan, until_ps) == measured(CompiledEngine, plan, until_ps), seed


@pytest.mark.parametrize("plan", corners(), ids=lambda plan: plan.name)
def test_engines_agree_in_the_corners(plan: Plan) -> None:
    assert check(plan) == []
    reference = measured(ReferenceEngine, plan, CORNER_PS)
    for engine in (TwinEngine, CompiledEngine):
        pairs = zip(measured(engine, plan, CORNER_PS), reference, strict=True)
        assert [first_difference(*pair) for pair in pairs] == [None, None]


def test_every_sum_fits_and_every_position_lies_in_a_record() -> None:
    for vector in vectors():
        assert differences(vector, run(checked_engine, vector)) == []  # type: ignore[arg-type]
    for seed in PLANS:
        plan, until_ps = random_plan(seed)
        assert measured(checked_engine, plan, until_ps) == measured(TwinEngine, plan, until_ps)  # type: ignore[arg-type]


@pytest.mark.parametrize("checked", [False, True])
@pytest.mark.parametrize("vector", WIDE, ids=lambda vector: vector.name)
def test_overflow_is_an_error(vector: Vector, checked: bool) -> None:
    code = load(NO_CARRY, checked=checked)
    with pytest.raises(OverflowError):
        run(lambda *plan, log: TwinEngine(*plan, log=log, code=code), vector)  # type: ignore[arg-type]


def test_position_outside_a_record_is_an_error() -> None:
    code = load((("    n = m[H_NODES]\n", "    n = 0\n"),), checked=True)
    with pytest.raises(IndexError, match="in no record"):
        TwinEngine(corners()[-1], 1, code=code).run(CORNER_PS)


@pytest.mark.parametrize("text", ["", "ab ab"])
def test_edit_that_does_not_fit_is_an_error(text: str) -> None:
    with pytest.raises(LookupError, match="instead of once"):
        edited(text, (("ab", "c"),))
