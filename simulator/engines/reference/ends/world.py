"""The whole table.

*Scope*: who knows whom; see ``clock.world``. *Validation*: mypy; the import contract of the rooms.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.engines.reference.workers import world as workers
from simulator.plan.model import Plan

if TYPE_CHECKING:
    from simulator.engines.reference.ends.sinks import Sink
    from simulator.engines.reference.ends.sources import Source


class World(workers.World):
    """The table as this room sees it."""

    def __init__(self, plan: Plan, seed: int, replication: int, *, log: bool) -> None:
        super().__init__(plan, seed, replication, log=log)
        self.sources: list[Source] = []
        self.sinks: list[Sink] = []


class Entity(workers.Entity):
    """Something that sits at it."""

    world: World

    def __init__(self, name: str, world: World) -> None:
        super().__init__(name, world)
