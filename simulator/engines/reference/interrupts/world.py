"""The table with moderators and routes.

*Scope*: who knows whom; see ``clock.world``. *Validation*: mypy; the import contract of the rooms.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.engines.reference.cpu import world as cpu
from simulator.plan.model import Plan

if TYPE_CHECKING:
    from simulator.engines.reference.interrupts.moderators import Moderator
    from simulator.engines.reference.interrupts.routes import IrqRoute


class World(cpu.World):
    """The table as this room sees it."""

    def __init__(self, plan: Plan, seed: int, replication: int, *, log: bool) -> None:
        super().__init__(plan, seed, replication, log=log)
        self.moderators: list[Moderator] = []
        self.routes: list[IrqRoute] = []


class Entity(cpu.Entity):
    """Something that sits at it."""

    world: World

    def __init__(self, name: str, world: World) -> None:
        super().__init__(name, world)
