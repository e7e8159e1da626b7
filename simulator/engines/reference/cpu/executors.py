"""What cores and vCPUs have in common: a scheduler over threads and a softirq dispatcher.

*Scope*: the shared part. *Validation*: see ``core`` and ``vcpu``.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

from simulator.engines.reference.cpu.dispatcher import Dispatcher
from simulator.engines.reference.cpu.scheduler import Scheduler, scheduler_of
from simulator.engines.reference.cpu.world import Entity, World
from simulator.plan import model

if TYPE_CHECKING:
    from simulator.engines.reference.cpu.core import Core
    from simulator.engines.reference.cpu.threads import Thread


class Executor(Entity):
    """Something that runs jobs, in the end on a core."""

    def __init__(self, data: model.Executor, world: World) -> None:
        super().__init__(data.name, world)
        self.data = data
        self.scheduler: Scheduler = scheduler_of(self)
        self.dispatcher = Dispatcher(self)

    @property
    @abstractmethod
    def core(self) -> Core:
        """The core on which everything of this executor runs."""

    @abstractmethod
    def thread_woken(self, thread: Thread) -> None:
        """One of its threads has become runnable."""

    @abstractmethod
    def softirq_raised(self) -> None:
        """Its dispatcher has become active."""
