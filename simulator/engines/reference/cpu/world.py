"""The table with processors, their threads, locks and ticks.

*Scope*: who knows whom; see ``clock.world``. *Validation*: mypy; the import contract of the rooms.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from simulator.engines.reference.cpu.later import Moderator
from simulator.engines.reference.queues import world as queues
from simulator.plan.model import Plan

if TYPE_CHECKING:
    from simulator.engines.reference.cpu.core import Core
    from simulator.engines.reference.cpu.lock import Lock
    from simulator.engines.reference.cpu.quotas import Quota
    from simulator.engines.reference.cpu.threads import Thread
    from simulator.engines.reference.cpu.ticks import Tick
    from simulator.engines.reference.cpu.vcpu import Vcpu


class World(queues.World):
    """The table as this room sees it."""

    moderators: Sequence[Moderator]

    def __init__(self, plan: Plan, seed: int, replication: int, *, log: bool) -> None:
        super().__init__(plan, seed, replication, log=log)
        self.executors: list[Core | Vcpu] = []
        self.threads: list[Thread] = []
        self.locks: list[Lock] = []
        self.quotas: list[Quota] = []
        self.acting: Core | None = None
        """The core whose tick handler runs; None in every other handler."""
        self.ticks: list[Tick] = []


class Entity(queues.Entity):
    """Something that sits at it."""

    world: World

    def __init__(self, name: str, world: World) -> None:
        super().__init__(name, world)
