"""Collects the entities of a plan one by one, so that parts can refer to what does not exist yet.

1. `add` appends an entity and returns its index.
2. Entities refer to one another in circles (ring, moderator, route, worker, ring): `promise` gives out the index
   first, `keep` hands in the entity.
3. `finish` refuses a broken promise and freezes everything into a `Plan`.

*Scope*: order of declaration is the order of the calls, and with it every tie (docs/reference/plan.md, section 1).
*Validation*: tests/unit/test_build_plan_builder.py; every built plan passes `check()`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, TypeVar

from simulator.errors import PlanError
from simulator.plan.draws import Stream
from simulator.plan.model import (
    NONE,
    DescRing,
    Dma,
    Executor,
    Fifo,
    IrqRoute,
    Link,
    Lock,
    Moderator,
    Plan,
    Quota,
    Shaper,
    Sink,
    Source,
    Switch,
    Thread,
    Tick,
    Worker,
)

Entity = TypeVar(
    "Entity",
    Source,
    Sink,
    Link,
    Dma,
    Fifo,
    DescRing,
    Switch,
    Moderator,
    IrqRoute,
    Executor,
    Thread,
    Lock,
    Quota,
    Shaper,
    Tick,
    Worker,
)

_FIELDS: dict[type, str] = {
    Source: "sources",
    Sink: "sinks",
    Link: "links",
    Dma: "dmas",
    Fifo: "fifos",
    DescRing: "rings",
    Switch: "switches",
    Moderator: "moderators",
    IrqRoute: "routes",
    Executor: "executors",
    Thread: "threads",
    Lock: "locks",
    Quota: "quotas",
    Shaper: "shapers",
    Tick: "ticks",
    Worker: "workers",
}


class PlanBuilder:
    """A plan under construction."""

    def __init__(self) -> None:
        self._entities: dict[type, list[Any]] = {kind: [] for kind in _FIELDS}
        self._stages: dict[str, int] = {}
        self._streams: dict[str, int] = {}
        self._stream_list: list[Stream] = []

    def add(self, entity: Entity) -> int:
        """Append `entity`; its index among its kind."""
        self._entities[type(entity)].append(entity)
        return len(self._entities[type(entity)]) - 1

    def promise(self, kind: type) -> int:
        """Index of an entity of `kind` that `keep` will bring later."""
        self._entities[kind].append(None)
        return len(self._entities[kind]) - 1

    def keep(self, index: int, entity: Entity) -> int:
        """Bring the entity that was promised as `index`."""
        if self._entities[type(entity)][index] is not None:
            raise PlanError(f"{type(entity).__name__} {index} was brought twice: '{entity.name}'")
        self._entities[type(entity)][index] = entity
        return index

    def change(self, kind: type, index: int, **fields: Any) -> None:
        """Replace fields of an entity that is there already."""
        self._entities[kind][index] = replace(self._entities[kind][index], **fields)

    def get(self, kind: type[Entity], index: int) -> Entity:
        """The entity as it is now."""
        entity = self._entities[kind][index]
        assert isinstance(entity, kind)
        return entity

    def count(self, kind: type) -> int:
        """How many entities of `kind` there are, promised ones included."""
        return len(self._entities[kind])

    def stage(self, name: str) -> int:
        """Index of the stage `name`, which is made on first use."""
        return self._stages.setdefault(name, len(self._stages))

    def stream(self, stream: Stream | None) -> int:
        """Index of `stream` (-1 for None); the same name twice must mean the same numbers."""
        if stream is None:
            return NONE
        index = self._streams.setdefault(stream.name, len(self._stream_list))
        if index == len(self._stream_list):
            self._stream_list.append(stream)
        elif self._stream_list[index] != stream:
            raise PlanError(f"two different streams are named '{stream.name}'")
        return index

    def finish(self, name: str) -> Plan:
        """The frozen plan; `PlanError` if a promise was not kept."""
        for kind, entities in self._entities.items():
            if None in entities:
                raise PlanError(f"{kind.__name__} {entities.index(None)} was promised and never brought")
        frozen = {_FIELDS[kind]: tuple(entities) for kind, entities in self._entities.items()}
        return Plan(name=name, stages=tuple(self._stages), streams=tuple(self._stream_list), **frozen)
