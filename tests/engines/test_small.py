"""Both engines run small plans alike, in which nearly everything happens at the instant of something else; `python -m tests.campaign.small` runs 100,000."""

from __future__ import annotations

from random import Random

import pytest

from simulator.engines.reference import ReferenceEngine
from simulator.plan.model import Plan
from tests.campaign.small import COUNT, SINGLE, UNTIL_PS, chosen, plan
from tests.engines.agreement import compare, execute
from tests.engines.available import ENGINES
from tests.engines.bug import Bug
from tests.engines.planted import BUGS, NOTICED

PAIR = (ENGINES["reference"], ENGINES["compiled"])
SAMPLE = [*range(0, SINGLE, 47), *Random(3).sample(range(SINGLE, COUNT), 100)]
SHOWN = ("event gate: < for <=", "slot classes 2 and 8 swapped")


def small(numbers: list[int]) -> list[tuple[int, Plan]]:
    return [(number, made) for number in numbers if (made := plan(number)) is not None]


def test_engines_agree_on_small_plans() -> None:
    plans = small(SAMPLE)
    assert len(plans) > 0.6 * len(SAMPLE)
    assert [number for number, made in plans if compare(PAIR, made, UNTIL_PS, number) is not None] == []


def test_small_plans_are_full_of_ties_and_something_arrives() -> None:
    traces = [execute(PAIR[1], made, UNTIL_PS, number) for number, made in small(SAMPLE[::4])]
    lines = sum(len(trace.log) for trace in traces)
    assert (
        sum(one[0] == other[0] for trace in traces for one, other in zip(trace.log, trace.log[1:], strict=False))
        > 0.4 * lines
    )
    assert sum(trace.counters["out.count"] > 0 for trace in traces) > 0.8 * len(traces)


@pytest.mark.parametrize("bug", [bug for bug in BUGS if bug.name in SHOWN], ids=lambda bug: bug.name)
def test_a_planted_bug_shows_in_small_plans(bug: Bug) -> None:
    assert any(differs(bug, made, number) for number, made in small(SAMPLE[-40:]))


def differs(bug: Bug, made: Plan, number: int) -> bool:
    traces = []
    for engine in (bug.build(), ReferenceEngine):
        try:
            traces.append(execute(engine, made, UNTIL_PS, number))  # type: ignore[arg-type]
        except NOTICED:
            return True
    return traces[0] != traces[1]


def test_a_number_names_one_plan() -> None:
    assert plan(SINGLE - 1) == plan(SINGLE - 1)
    names = {number: plan(number) for number in (0, 1, 2)}
    assert len({str(made) for made in names.values()}) == len(names)
    assert chosen(1, 10) == list(range(10))
    assert chosen(1, SINGLE + 5)[:-2] == chosen(1, SINGLE + 3)
