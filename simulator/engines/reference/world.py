"""The table at which all entities of one run sit: the clock, the dice, the log and one another.

1. The engine creates every entity of the plan, then calls ``connect`` on each: only then do all neighbours exist.
2. ``counts`` of an entity belong to the measurement window; everything that decides anything is kept apart from them.

*Scope*: who knows whom. *Validation*: counters add up (tests/unit/test_reference.py).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from simulator.engines.reference.calendar import Calendar, Slot
from simulator.engines.reference.chance import Chance
from simulator.plan.model import Plan
from simulator.plan.slots import assign, names
from simulator.plan.trace import METRICS

if TYPE_CHECKING:
    from simulator.engines.reference.core import Core
    from simulator.engines.reference.dma import Dma
    from simulator.engines.reference.fifo import Fifo
    from simulator.engines.reference.links import Link
    from simulator.engines.reference.lock import Lock
    from simulator.engines.reference.moderators import Moderator
    from simulator.engines.reference.packets import Packet
    from simulator.engines.reference.routes import IrqRoute
    from simulator.engines.reference.rx_ring import RxRing
    from simulator.engines.reference.sinks import Sink
    from simulator.engines.reference.sources import Source
    from simulator.engines.reference.switches import Switch
    from simulator.engines.reference.threads import Thread
    from simulator.engines.reference.ticks import Tick
    from simulator.engines.reference.tx_ring import TxRing
    from simulator.engines.reference.vcpu import Vcpu
    from simulator.engines.reference.workers import Worker


class World:
    """Everything that one run consists of."""

    def __init__(self, plan: Plan, seed: int, replication: int, *, log: bool) -> None:
        self.plan = plan
        self.calendar = Calendar(names(plan))
        self.numbers = assign(plan)
        self.chance = Chance(plan.streams, seed, replication)
        self.log: list[tuple[int, str, str, int]] = []
        self.logging = log
        self.born = 0
        self.alive = 0
        self.sources: list[Source] = []
        self.sinks: list[Sink] = []
        self.links: list[Link] = []
        self.dmas: list[Dma] = []
        self.fifos: list[Fifo] = []
        self.rings: list[RxRing | TxRing] = []
        self.switches: list[Switch] = []
        self.moderators: list[Moderator] = []
        self.routes: list[IrqRoute] = []
        self.executors: list[Core | Vcpu] = []
        self.threads: list[Thread] = []
        self.locks: list[Lock] = []
        self.ticks: list[Tick] = []
        self.workers: list[Worker] = []

    @property
    def now_ps(self) -> int:
        """The present instant."""
        return self.calendar.now_ps

    def slot(self, number: int) -> Slot:
        """The slot with that number."""
        return self.calendar.slots[number]

    def note(self, event: str, place: str, number: int) -> None:
        """Log one line, if the run keeps a log."""
        if self.logging:
            self.log.append((self.now_ps, event, place, number))

    def lose(self, packet: Packet, place: Entity) -> None:
        """Drop ``packet`` at ``place``; a sender that waits for its descriptors gets them back."""
        packet.release_ring(at_once=True)
        place.counts["dropped"] += 1
        self.note("drop", place.name, packet.number)
        self.alive -= 1


class Entity:
    """Something with a name and counters; ``kind`` is a key of ``METRICS``."""

    kind: ClassVar[str]

    def __init__(self, name: str, world: World) -> None:
        self.name = name
        self.world = world
        self.counts: dict[str, int] = dict.fromkeys(METRICS[self.kind], 0)

    def connect(self) -> None:
        """Look up neighbours and make the first arms; called once, when all entities exist."""

    def begin_window(self) -> None:
        """Forget what was counted; keep everything that decides what happens next."""
        self.counts = dict.fromkeys(self.counts, 0)

    def counters(self) -> dict[str, int]:
        """The counters of the window, up to now."""
        return dict(self.counts)


class Level:
    """How many of something are held: maximum since the window began and time integral (count * ps)."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._held = 0
        self._integral = 0
        self._since_ps = 0
        self.maximum = 0

    def change(self, by: int) -> None:
        """``by`` more (or fewer) are held from now on."""
        self._integral = self.integral()
        self._since_ps = self._world.now_ps
        self._held += by
        if by > 0:
            self.maximum = max(self.maximum, self._held)

    def integral(self) -> int:
        """The time integral from the beginning of the window to now."""
        return self._integral + self._held * (self._world.now_ps - self._since_ps)

    def begin_window(self) -> None:
        """Start the integral again at zero and the maximum at what is held."""
        self.maximum = self._held
        self._integral = 0
        self._since_ps = self._world.now_ps
