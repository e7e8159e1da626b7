"""The table with links and DMA.

*Scope*: who knows whom; see ``clock.world``. *Validation*: mypy; the import contract of the rooms.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from simulator.engines.reference.bus.later import Fifo, Sink
from simulator.engines.reference.clock import world as clock
from simulator.plan.model import Plan

if TYPE_CHECKING:
    from simulator.engines.reference.bus.dma import Dma
    from simulator.engines.reference.bus.links import Link


class World(clock.World):
    """The table as this room sees it."""

    fifos: Sequence[Fifo]
    sinks: Sequence[Sink]

    def __init__(self, plan: Plan, seed: int, replication: int, *, log: bool) -> None:
        super().__init__(plan, seed, replication, log=log)
        self.links: list[Link] = []
        self.dmas: list[Dma] = []


class Entity(clock.Entity):
    """Something that sits at it."""

    world: World

    def __init__(self, name: str, world: World) -> None:
        super().__init__(name, world)
