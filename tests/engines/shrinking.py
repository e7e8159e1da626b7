"""Makes a plan that shows a difference smaller while the difference stays: fewer entities, plainer fields, a shorter run.

1. Halve the time, take entities out one by one, set fields to their default or 1.
2. Keep what still fails and still passes `check()`; begin again until nothing helps.

*Scope*: for finding the cause; the smallest plan is not promised.
*Validation*: `test_agreement.py` shrinks a plan for a made-up fault.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

from simulator.plan.check import check
from simulator.plan.model import Gate, Notify, Plan
from simulator.plan.references import ENTITIES, collection, parts
from tests.engines.mutation import with_entity, with_field
from tests.engines.surgery import without

Fails = Callable[[Plan, int], bool]


def shrink(plan: Plan, until_ps: int, fails: Fails) -> tuple[Plan, int]:
    """A smaller plan and a shorter run that still fail."""
    before = None
    while before != (plan, until_ps):
        before = (plan, until_ps)
        while until_ps > 1 and fails(plan, until_ps // 2):
            until_ps //= 2
        plan = _plainer(_fewer(plan, until_ps, fails), until_ps, fails)
    return plan, until_ps


def _better(plan: Plan, smaller: Plan, until_ps: int, fails: Fails) -> Plan:
    return smaller if smaller != plan and not check(smaller) and fails(smaller, until_ps) else plan


def _fewer(plan: Plan, until_ps: int, fails: Fails) -> Plan:
    for name in reversed(ENTITIES):
        for index in reversed(range(len(getattr(plan, name)))):
            if index < len(getattr(plan, name)):
                plan = _better(plan, without(plan, (name, index)), until_ps, fails)
    return plan


def _plainer(plan: Plan, until_ps: int, fails: Fails) -> Plan:
    for name in ENTITIES:
        for index in range(len(getattr(plan, name))):
            for path, field, value in list(_simplifications(getattr(plan, name)[index])):
                entity = with_field(getattr(plan, name)[index], path, field, value)
                plan = _better(plan, with_entity(plan, name, index, entity), until_ps, fails)
    return plan


def _simplifications(entity: Any) -> Iterator[tuple[str, str, Any]]:
    for path, part in parts(entity):
        for field in dataclasses.fields(part):
            value, default = getattr(part, field.name), field.default
            if isinstance(value, tuple | Gate | Notify) or collection(part, field.name) in ENTITIES:
                continue
            # One choice per field, or two that are accepted in turn would go on for ever.
            plain = default if default is not dataclasses.MISSING else 1 if type(value) is int else value
            if plain != value:
                yield path, field.name, plain
