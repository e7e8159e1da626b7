"""A plan with a few numbers and words changed at random: neighbours of the plans that people run.

1. Numbers are halved, doubled, moved by one or, where 0 is usual, set to 0; words are replaced by words of the same field.
2. What decides who is connected to whom stays.
3. A change that `check()` refuses is taken back.

*Scope*: any plan that passes `check()`. *Validation*: `test_agreement.py` asserts that plans change and stay sound.
"""

from __future__ import annotations

import dataclasses
from random import Random
from typing import Any

from simulator.plan.check import check
from simulator.plan.check_values import WORDS
from simulator.plan.model import INFINITE_PS, Plan
from simulator.plan.references import collection, entities, parts
from tests.engines.surgery import replaced

CHANGES = 6
STRUCTURE = {
    ("Source", "kind"), ("Source", "target_kind"), ("Link", "target_kind"), ("DescRing", "kind"), ("Executor", "kind"),
    ("Thread", "kind"), ("Input", "kind"), ("Output", "kind"), ("Worker", "kind"), ("Notify", "kind"),
    ("Worker", "select"), ("Worker", "label"), ("Thread", "label"),
}  # fmt: skip
"""Words that say what an entity is; changing one alone would only be refused."""
FIXED = {("Tick", "period_ps"), ("Switch", "macs"), ("Switch", "default_port")}
"""A shorter period only makes a run longer; a table keeps its form."""

Spot = tuple[str, int, str, str]
"""Collection, index, path of the part, field."""


def mutate(plan: Plan, seed: int) -> Plan:
    """The plan with up to six changes, the same for the same seed; it passes `check()` if the plan did."""
    random = Random(f"mutation {seed}")
    spots = list(_spots(plan))
    for _ in range(random.randint(1, CHANGES)):
        name, index, path, field = random.choice(spots)
        entity = getattr(plan, name)[index]
        part = dict(parts(entity))[path]
        value = _other(random, part, field)
        changed = with_entity(plan, name, index, with_field(entity, path, field, value))
        if not check(changed):
            plan = changed
    return plan


def _spots(plan: Plan) -> list[Spot]:
    found: list[Spot] = []
    for name, index, entity in entities(plan):
        for path, part in parts(entity):
            for field in dataclasses.fields(part):
                if _changeable(part, field.name):
                    found.append((name, index, path, field.name))
    return found


def _changeable(part: Any, field: str) -> bool:
    key, value = (type(part).__name__, field), getattr(part, field)
    if key in STRUCTURE or key in FIXED or collection(part, field) is not None or key == ("Worker", "on"):
        return False
    return isinstance(value, int) or key in WORDS


def _other(random: Random, part: Any, field: str) -> Any:
    value = getattr(part, field)
    if isinstance(value, bool):
        return not value
    if isinstance(value, str):
        return random.choice(WORDS[type(part).__name__, field])
    if value in (0, INFINITE_PS):
        return random.choice((1, 2, 3)) if not field.endswith("_ps") else random.choice((1000, 100_000, 1_000_000))
    return random.choice((value // 2, value * 2, value + 1, max(0, value - 1), value * 3 // 2))


def with_entity(plan: Plan, name: str, index: int, entity: Any) -> Plan:
    """The plan with one entity replaced."""
    listed = list(getattr(plan, name))
    listed[index] = entity
    return replaced(plan, **{name: tuple(listed)})


def with_field(entity: Any, path: str, field: str, value: Any) -> Any:
    """The entity with a field of the part at `path` (`gate.notify`, `inputs[1]`) replaced."""
    if not path:
        return dataclasses.replace(entity, **{field: value})
    head, _, rest = path.partition(".")
    if not head.endswith("]"):
        return dataclasses.replace(entity, **{head: with_field(getattr(entity, head), rest, field, value)})
    name, _, number = head[:-1].partition("[")
    items = list(getattr(entity, name))
    items[int(number)] = with_field(items[int(number)], rest, field, value)
    return dataclasses.replace(entity, **{name: tuple(items)})
