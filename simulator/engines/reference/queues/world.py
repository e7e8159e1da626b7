"""The table with queues and switches.

*Scope*: who knows whom; see ``clock.world``. *Validation*: mypy; the import contract of the rooms.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from simulator.engines.reference.bus import world as bus
from simulator.engines.reference.queues.later import Moderator, Route, Sink, Worker
from simulator.plan.model import Plan

if TYPE_CHECKING:
    from simulator.engines.reference.queues.fifo import Fifo
    from simulator.engines.reference.queues.rx_ring import RxRing
    from simulator.engines.reference.queues.shapers import Shaper
    from simulator.engines.reference.queues.switches import Switch
    from simulator.engines.reference.queues.tx_ring import TxRing


class World(bus.World):
    """The table as this room sees it."""

    sinks: Sequence[Sink]
    moderators: Sequence[Moderator]
    routes: Sequence[Route]
    workers: Sequence[Worker]

    def __init__(self, plan: Plan, seed: int, replication: int, *, log: bool) -> None:
        super().__init__(plan, seed, replication, log=log)
        self.fifos: list[Fifo] = []
        self.rings: list[RxRing | TxRing] = []
        self.switches: list[Switch] = []
        self.shapers: list[Shaper] = []


class Entity(bus.Entity):
    """Something that sits at it."""

    world: World

    def __init__(self, name: str, world: World) -> None:
        super().__init__(name, world)
