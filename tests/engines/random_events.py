"""Random events for plans that exist: every kind of the closed list, off and on, often several at one instant.

*Scope*: events that suit the plan; times on the grid of the plans, so that events and slots share instants.
*Validation*: `test_branches` counts what they reach; `test_events` asserts that every kind occurs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from random import Random

from simulator.plan.model import NONE, Event, Plan

GRID_PS = 100_000
RATES_BPS = (0, 10**8, 10**9, 8 * 10**9)


def last_event_ps(plan: Plan) -> int:
    """The instant of the last event: a run up to it has slots of that instant to handle behind the event."""
    return max((event.at_ps for event in plan.events), default=0)


def happening(plan: Plan, until_ps: int, seed: object, most: int = 14) -> Plan:
    """`plan` with up to `most` more events before `until_ps`; as it is if nothing in it can change."""
    random = Random(f"events {seed}")
    choices = list(_places(plan))
    if not choices:
        return plan
    kinds = sorted({kind for kind, _ in choices})
    events = list(plan.events)
    for _ in range(random.randint(1, most)):
        # Kinds first: there are many more rings and links than shapers.
        kind = random.choice(kinds)
        target = random.choice([place for word, place in choices if word == kind])
        again = bool(events) and random.random() < 0.3
        at_ps = events[-1].at_ps if again else random.randrange(1 + until_ps // GRID_PS) * GRID_PS
        events.append(_event(plan, random, at_ps, kind, target))
    return replace(plan, events=tuple(sorted(events, key=lambda event: event.at_ps)))


def _places(plan: Plan) -> Iterator[tuple[str, int]]:
    pcie = {link for dma in plan.dmas for link in (dma.up, dma.down)}
    yield from (("source", index) for index in range(len(plan.sources)))
    yield from (("link", index) for index in range(len(plan.links)) if index not in pcie)
    for index, ring in enumerate(plan.rings):
        yield "ring", index
        if ring.remote:
            yield "reset", index
    yield from (("rate", index) for index in range(len(plan.shapers)))
    weighed = [index for index, worker in enumerate(plan.workers) if worker.policy == "drr"]
    yield from (("weight", index) for index in weighed)
    yield from (("entry", index) for index in range(len(plan.switches)))


def _event(plan: Plan, random: Random, at_ps: int, kind: str, target: int) -> Event:
    if kind == "reset":
        return Event(at_ps, kind, target)
    if kind == "rate":
        return Event(at_ps, kind, target, 0, random.choice(RATES_BPS))
    if kind == "weight":
        return Event(at_ps, kind, target, random.randrange(len(plan.workers[target].inputs)), random.randint(1, 4))
    if kind == "entry":
        switch = plan.switches[target]
        return Event(
            at_ps, kind, target, random.randrange(len(switch.table)), random.randint(NONE, len(switch.ports) - 1)
        )
    return Event(at_ps, kind, target, 0, random.choice((0, 0, 1)))
