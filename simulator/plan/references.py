"""Which integer fields of a plan are indices, and of what: one table for checking, printing, building and taking apart.

1. `parts` walks an entity and what is nested in it (gates, notifies, inputs, outputs).
2. `collection` names the tuple of the plan that a field points into; where it depends on a `kind` field, it looks there.

*Scope*: knows names of fields, not their meaning. *Validation*: `tests/unit/test_plan_check.py` breaks every reference once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields
from functools import cache
from operator import attrgetter
from typing import Any

from simulator.plan.model import Gate, Input, Notify, Output, Plan

ENTITIES = (
    "sources", "sinks", "links", "dmas", "fifos", "rings", "switches", "moderators", "routes", "executors", "threads",
    "locks", "quotas", "shapers", "ticks", "workers",
)  # fmt: skip
"""The collections of a plan in the order of its fields, without stages and streams."""

FIXED = {
    "Source": {
        "size": "streams", "flow": "streams", "dst": "streams", "gap": "streams", "think": "streams", "record": "sinks",
    },
    "Sink": {"reply_link": "links"},
    "Link": {"stage": "stages"},
    "Dma": {"up": "links", "down": "links", "memory_spread": "streams", "read_stage": "stages"},
    "Fifo": {"poller": "workers"},
    "DescRing": {"moderator": "moderators", "dma": "dmas", "poller": "workers", "order": "streams"},
    "Notify": {"lock": "locks"},
    "Moderator": {"route": "routes", "dma": "dmas", "stage": "stages", "worker": "workers"},
    "IrqRoute": {"worker": "workers", "core": "executors", "vcpu": "executors"},
    "Executor": {"ksoftirqd": "threads", "spread": "streams", "thread": "threads", "sibling": "executors"},
    "Thread": {"executor": "executors", "vcpu": "executors", "lock": "locks", "quota": "quotas"},
    "Tick": {"executor": "executors", "gap": "streams", "length": "streams"},
    "Input": {"shaper": "shapers", "floor": "shapers"},
    "Output": {"fifo": "fifos"},
    "Worker": {
        "reap_ring": "rings", "refill_ring": "rings", "switch": "switches", "spread": "streams", "service": "streams",
        "stage": "stages", "notify_stage": "stages", "moderator": "moderators", "spin": "locks",
    },
}  # fmt: skip
REQUIRED = {
    ("Source", "size"), ("Source", "flow"), ("Source", "dst"), ("Dma", "up"), ("Dma", "down"), ("Moderator", "route"),
    ("IrqRoute", "worker"), ("Thread", "executor"), ("Tick", "executor"), ("Worker", "stage"),
}  # fmt: skip
"""References of the table above that may not be -1; references that depend on a kind are always needed."""

BY_KIND = {
    ("Source", "target"): ("target_kind", {"link": "links", "fifo": "fifos"}),
    ("Link", "target"): ("target_kind", {"fifo": "fifos", "link": "links", "sink": "sinks"}),
    ("Notify", "target"): (
        "kind",
        {"wake": "workers", "doorbell": "rings", "irq": "routes", "resume": "rings", "ack": "moderators", "unmask": "moderators"},
    ),
    ("Input", "index"): ("kind", {"fifo": "fifos", "rx": "rings", "tx": "rings"}),
    ("Output", "index"): (
        "kind",
        {
            "fifo": "fifos", "post": "rings", "fill": "rings", "link": "links", "dma_write": "rings", "dma_read": "dmas",
            "sink": "sinks",
        },
    ),
    ("Worker", "on"): ("kind", {"soft": "executors", "task": "threads", "exit": "executors"}),
}  # fmt: skip


def entities(plan: Plan) -> Iterator[tuple[str, int, Any]]:
    """All entities as (collection, index, entity)."""
    for name in ENTITIES:
        for index, entity in enumerate(getattr(plan, name)):
            yield name, index, entity


def parts(entity: Any) -> Iterator[tuple[str, Any]]:
    """The entity and everything nested in it, with its path: "", "gate", "gate.notify", "inputs[0]" ..."""
    yield "", entity
    kind: Any = type(entity)
    for name in _nesting(kind):
        value = getattr(entity, name)
        if isinstance(value, Gate):
            yield name, value
            yield f"{name}.notify", value.notify
        elif isinstance(value, tuple) and value and isinstance(value[0], Input | Output | Notify):
            for position, item in enumerate(value):
                yield f"{name}[{position}]", item


@cache
def _nesting(kind: Any) -> tuple[str, ...]:
    """The fields of a class that hold gates, notifies, inputs or outputs."""
    nested = re.compile(r"Gate|tuple\[(Input|Output|Notify), \.\.\.\]")
    return tuple(field.name for field in fields(kind) if nested.fullmatch(str(field.type)))


def reader(names: Sequence[str]) -> Callable[[Any], tuple[Any, ...]]:
    """What gives the values of these fields, one or more, at once."""
    read = attrgetter(*names)
    return read if len(names) > 1 else lambda part: (read(part),)


def collection(part: Any, field: str) -> str | None:
    """The collection that `field` of `part` is an index of; None if it is not an index (or its kind points nowhere)."""
    kind = type(part).__name__
    if (kind, field) in BY_KIND:
        decider, choices = BY_KIND[kind, field]
        return choices.get(getattr(part, decider))
    return FIXED.get(kind, {}).get(field)


def required(part: Any, field: str) -> bool:
    """Whether -1 is wrong for this reference."""
    kind = type(part).__name__
    return (kind, field) in BY_KIND or (kind, field) in REQUIRED
