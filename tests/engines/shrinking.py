"""Makes a plan that shows a difference smaller while the difference stays: fewer entities, plainer fields, a shorter run.

1. `without` takes entities out, with all that cannot be without them, and renumbers the rest.
2. `plainer` sets one field to its default, 0 or 1.
3. `shrink` tries both, again and again, and keeps what still fails and still passes `check()`.

*Scope*: for finding the cause; the smallest plan is not promised. *Validation*: used on real differences only.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

from simulator.plan.check import check
from simulator.plan.model import NONE, Gate, Input, Notify, Output, Plan
from simulator.plan.references import ENTITIES, collection, entities, parts, required

Place = tuple[str, int]
Fails = Callable[[Plan, int], bool]
KINDS = {("Link", "target"): "target_kind", ("Notify", "target"): "kind"}


def without(plan: Plan, place: Place) -> Plan:
    """The plan without one entity and without whatever needs it."""
    doomed = {place}
    while True:
        more = {(name, index) for name, index, entity in entities(plan) if _needs(entity, doomed)} - doomed
        if not more:
            return _renumbered(plan, doomed)
        doomed |= more


def _needs(entity: Any, doomed: set[Place]) -> bool:
    """Whether a reference of the entity itself that may not be missing points at something doomed."""
    for field in dataclasses.fields(entity):
        target = collection(entity, field.name)
        if target and (target, getattr(entity, field.name)) in doomed and required(entity, field.name):
            return (type(entity).__name__, field.name) not in KINDS
    kept = [item for item in getattr(entity, "outputs", ()) if (collection(item, "index"), item.index) not in doomed]
    return bool(getattr(entity, "outputs", ())) and not kept


def _renumbered(plan: Plan, doomed: set[Place]) -> Plan:
    new: dict[Place, int] = {}
    for name in ENTITIES:
        kept = [index for index in range(len(getattr(plan, name))) if (name, index) not in doomed]
        new |= {(name, index): number for number, index in enumerate(kept)}
    changed = {
        name: tuple(_moved(entity, new) for index, entity in enumerate(getattr(plan, name)) if (name, index) in new)
        for name in ENTITIES
    }
    return dataclasses.replace(plan, **changed)


def _moved(part: Any, new: dict[Place, int]) -> Any:
    fields: dict[str, Any] = {}
    for field in dataclasses.fields(part):
        value = getattr(part, field.name)
        target = collection(part, field.name)
        if isinstance(value, Gate | Notify):
            fields[field.name] = _moved(value, new)
        elif isinstance(value, tuple) and value and isinstance(value[0], Input | Output):
            fields[field.name] = tuple(_moved(item, new) for item in value if (collection(item, "index"), item.index) in new)
        elif target in ENTITIES and value != NONE:
            fields[field.name] = new.get((target, value), NONE)
            if fields[field.name] == NONE and (type(part).__name__, field.name) in KINDS:
                fields[KINDS[type(part).__name__, field.name]] = "none"
    return dataclasses.replace(part, **fields)


def plainer(plan: Plan, name: str, index: int) -> Iterator[Plan]:
    """The plan with one field of one entity, or of a part of it, at its default, 0 or 1."""
    entity = getattr(plan, name)[index]
    for path, part in parts(entity):
        for field in dataclasses.fields(part):
            value = getattr(part, field.name)
            if isinstance(value, tuple) or collection(part, field.name) in ENTITIES:
                continue
            choices = [0, 1] if isinstance(value, int) else []
            if field.default is not dataclasses.MISSING:
                choices.insert(0, field.default)
            for choice in choices:
                if choice == value:
                    break
                if not isinstance(choice, Gate | Notify):
                    yield _with(plan, name, index, _replaced(entity, path, field.name, choice))


def _with(plan: Plan, name: str, index: int, entity: Any) -> Plan:
    listed = list(getattr(plan, name))
    listed[index] = entity
    return dataclasses.replace(plan, **{name: tuple(listed)})


def _replaced(entity: Any, path: str, field: str, value: Any) -> Any:
    """The entity with a field of the part at `path` (`gate.notify`, `inputs[1]`) replaced."""
    if not path:
        return dataclasses.replace(entity, **{field: value})
    head, _, rest = path.partition(".")
    if head.endswith("]"):
        name, _, number = head[:-1].partition("[")
        items = list(getattr(entity, name))
        items[int(number)] = _replaced(items[int(number)], rest, field, value)
        return dataclasses.replace(entity, **{name: tuple(items)})
    return dataclasses.replace(entity, **{head: _replaced(getattr(entity, head), rest, field, value)})


def shrink(plan: Plan, until_ps: int, fails: Fails) -> tuple[Plan, int]:
    """A smaller plan and a shorter run that still fail."""
    before = None
    while before != (plan, until_ps):
        before = (plan, until_ps)
        while fails(plan, until_ps // 2):
            until_ps //= 2
        for name in reversed(ENTITIES):
            for index in reversed(range(len(getattr(plan, name)))):
                plan = _first(plan, until_ps, fails, iter([without(plan, (name, index))]) if index < len(getattr(plan, name)) else iter(()))
        for name in ENTITIES:
            for index in range(len(getattr(plan, name))):
                for smaller in list(plainer(plan, name, index)):
                    plan = _kept(plan, until_ps, fails, name, index, smaller)
    return plan, until_ps


def _first(plan: Plan, until_ps: int, fails: Fails, candidates: Iterator[Plan]) -> Plan:
    return next((smaller for smaller in candidates if not check(smaller) and fails(smaller, until_ps)), plan)


def _kept(plan: Plan, until_ps: int, fails: Fails, name: str, index: int, smaller: Plan) -> Plan:
    """`smaller` was made from an earlier `plan`: take over its entity only."""
    entity, now = getattr(smaller, name)[index], getattr(plan, name)[index]
    changes = {f.name: getattr(entity, f.name) for f in dataclasses.fields(entity) if getattr(entity, f.name) != getattr(now, f.name)}
    return _first(plan, until_ps, fails, iter([_with(plan, name, index, dataclasses.replace(now, **changes))]) if changes else iter(()))
