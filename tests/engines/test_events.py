"""Both engines agree across events; `python -m tests.engines.test_events 500` does the same for as many random schedules as wanted."""

from __future__ import annotations

import sys
from dataclasses import replace

from simulator.plan.check_events import PLACES
from simulator.plan.fingerprint import fingerprint
from tests.engines.agreement import compare, execute, first_difference
from tests.engines.available import ENGINES
from tests.engines.directed_events import changing_plan
from tests.engines.random_events import happening, last_event_ps
from tests.engines.random_plans import random_plan

PAIR = (ENGINES["reference"], ENGINES["compiled"])
PLANS = 30


def schedules(count: int) -> list[str]:
    """Differences of `count` random plans with random events."""
    found = []
    for seed in range(count):
        plan, until_ps = random_plan(seed)
        events = happening(plan, until_ps, seed)
        for end_ps in (until_ps, min(until_ps, last_event_ps(events))):
            difference = compare(PAIR, events, end_ps, seed)
            found += [f"seed {seed} up to {end_ps} ps: {difference}"] if difference else []
    return found


def test_engines_agree_on_random_schedules() -> None:
    assert schedules(PLANS) == []


def test_every_kind_of_event_happens() -> None:
    kinds = {event.kind for seed in range(10) for event in changing_plan(seed)[0].events}
    assert kinds | {"weight"} == set(PLACES)


def test_a_run_with_an_empty_list_is_one_without() -> None:
    plan, until_ps = changing_plan(0)
    still = replace(plan, events=())
    assert fingerprint(still) != fingerprint(plan)
    for engine in PAIR:
        assert first_difference(execute(engine, still, until_ps, 1), execute(engine, plan, until_ps, 1)) is not None
        assert (
            first_difference(
                execute(engine, still, until_ps, 1), execute(engine, replace(plan, events=()), until_ps, 1)
            )
            is None
        )


if __name__ == "__main__":
    differences = schedules(int(sys.argv[1]))
    print("\n".join(differences) or f"{sys.argv[1]} random schedules: the engines agree")
    sys.exit(bool(differences))
