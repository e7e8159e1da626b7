"""Descriptor rings: what driver and device hand to one another, seen from both sides.

1. tx: the driver posts packets; the device takes and finishes them; completions are written back in groups; the
   driver reaps.
2. rx: the driver posts empty buffers; the device takes some for a packet and completes it; the driver reaps and
   refills.
3. In shared memory (a virtqueue) the other side sees an index as soon as it is published. A remote device (a NIC)
   sees the driver's index when a doorbell arrives, and the driver sees completions when their write-back has crossed
   the bus.

*Scope*: virtqueues, NIC rings. All indices count for ever; buffer addresses play no role.
*Validation*: conformance vectors; reaped <= done <= taken <= posted in every run.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from simulator.engines.reference.bus.transactions import Doorbell
from simulator.engines.reference.bus.translation import Buffers
from simulator.engines.reference.clock.levels import Level
from simulator.engines.reference.queues.later import Decides, Moderator
from simulator.engines.reference.queues.sides import Side
from simulator.engines.reference.queues.waiters import Waiters
from simulator.engines.reference.queues.world import Entity, World
from simulator.plan import model
from simulator.plan.model import NONE

if TYPE_CHECKING:
    from simulator.engines.reference.bus.dma import Dma

DOORBELL_BYTES = 28


class DescRing(Entity, ABC):
    """What both kinds have in common. ``taken``: by the device; ``done``: completed; ``reaped``: by the driver."""

    kind = "ring"

    def __init__(self, data: model.DescRing, world: World, posted: int) -> None:
        super().__init__(data.name, world)
        self.data = data
        self.posted = posted
        self.announced = posted
        """A remote ring's avail index as the device knows it: the last doorbell."""
        self.off = False
        """Nothing may be put into it."""
        self.taken = 0
        self.done = 0
        self.reaped = 0
        self.waiters = Waiters()
        self.level = Level(world)
        self.moderator: Moderator | None = None
        self.dma: Dma | None = None
        self.packet_buffers = None if data.base_bytes == NONE else Buffers(data, world.chance)
        self.avail_side = Side(
            self,
            data.avail_gate,
            counted_as="avail_",
            produced=lambda: self.posted,
            consumed=lambda: self.taken,
        )
        self.avail_side.published = posted
        self.used_side = Side(
            self,
            data.used_gate,
            counted_as="used_",
            produced=lambda: self.done,
            consumed=lambda: self.reaped,
            outstanding=(lambda: self.posted - self.reaped) if data.kind == "tx" else None,
            checked=data.moderator == NONE or data.used_gate.mode == "moderated",
        )

    def connect(self) -> None:
        """Find moderation and bus."""
        self.moderator = None if self.data.moderator == NONE else self.world.moderators[self.data.moderator]
        self.dma = None if self.data.dma == NONE else self.world.dmas[self.data.dma]
        if self.data.used_gate.mode == "moderated":
            assert isinstance(self.moderator, Decides), self.name
            self.used_side.moderator = self.moderator

    @property
    def avail(self) -> int:
        """The driver's index as the device knows it."""
        return self.announced if self.data.remote else self.avail_side.published

    def bus(self) -> Dma:
        """The DMA over which the device of this ring works."""
        assert self.dma is not None, self.name
        return self.dma

    def moderate(self, events: int) -> None:
        """Tell the ring's interrupt moderation, if it has one, of ``events`` completions."""
        if self.moderator is not None:
            self.moderator.event(events, sent=self.data.kind == "tx")

    def ring_doorbell(self) -> None:
        """Tell the remote device how far the driver has come."""
        self.bus().down.send(Doorbell(self, self.avail_side.published), DOORBELL_BYTES)

    @abstractmethod
    def doorbell_arrived(self, index: int) -> None:
        """The device learns the driver's index."""

    def turn_off(self) -> None:
        """Let nothing in any more; whoever waits for room goes on, and loses its packets here."""
        self.off = True
        self.waiters.resume_all()

    @abstractmethod
    def reset(self) -> None:
        """Drop everything in it."""

    def begin_window(self) -> None:
        """Forget counters and the highest level."""
        super().begin_window()
        self.level.begin_window()

    def counters(self) -> dict[str, int]:
        """The counters with the level's maximum and integral."""
        return {**self.counts, "maximum": self.level.maximum, "integral": self.level.integral()}
