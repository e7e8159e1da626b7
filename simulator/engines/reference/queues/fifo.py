"""A queue of packets between two workers, bounded in packets and perhaps in bytes.

1. A producer that must not lose packets reserves a place before it takes the packet it will push.
2. Pushed packets are seen by the consumer when they are published.
3. Popping makes room; the first worker that waits for room goes on when ``wake_free`` places are free.

*Scope*: tap queues, socket buffers, NIC packet buffers.
*Validation*: conformance vectors; pushed = popped + held in every run.
"""

from __future__ import annotations

from collections import deque

from simulator.engines.reference.clock.levels import Level
from simulator.engines.reference.clock.packets import Packet
from simulator.engines.reference.queues.sides import Side
from simulator.engines.reference.queues.waiters import Waiters
from simulator.engines.reference.queues.world import Entity, World
from simulator.plan import model
from simulator.plan.model import NONE


class Fifo(Entity):
    """Packets in order of arrival."""

    kind = "fifo"

    def __init__(self, data: model.Fifo, world: World) -> None:
        super().__init__(data.name, world)
        self.data = data
        self.packets: deque[Packet] = deque()
        self.reserved = 0
        self.pushed = 0
        self.popped = 0
        self.held_bytes = 0
        self.waiters = Waiters()
        self.level = Level(world)
        self.side = Side(self, data.gate, counted_as="", produced=lambda: self.pushed, consumed=lambda: self.popped)

    def connect(self) -> None:
        """Find the poller."""
        if self.data.poller != NONE:
            self.side.poller = self.world.workers[self.data.poller]

    @property
    def space(self) -> int:
        """Places neither occupied nor reserved."""
        return self.data.capacity - len(self.packets) - self.reserved

    @property
    def visible(self) -> int:
        """Packets that the consumer may pop."""
        return self.side.published - self.popped

    def push(self, packet: Packet, *, reserved: bool = False) -> None:
        """Append ``packet``, or drop it; a push into a reserved place never fails."""
        if reserved:
            self.reserved -= 1
        elif not self._takes(packet):
            self.world.lose(packet, self)
            return
        self.packets.append(packet)
        self.pushed += 1
        self.held_bytes += packet.length_bytes
        self.counts["pushed"] += 1
        self.level.change(+1)
        self.world.note("push", self.name, packet.number)

    def _takes(self, packet: Packet) -> bool:
        limit = self.data.capacity_bytes
        return self.space >= 1 and (limit == 0 or self.held_bytes + packet.length_bytes <= limit)

    def push_and_publish(self, packet: Packet, *, reserved: bool = False) -> None:
        """Push for a producer that is no software: visible at once."""
        self.push(packet, reserved=reserved)
        self.side.publish_at_once()

    def pop(self) -> Packet:
        """Take the head; there must be a visible one."""
        packet = self.packets.popleft()
        self.popped += 1
        self.held_bytes -= packet.length_bytes
        self.counts["popped"] += 1
        self.level.change(-1)
        self.world.note("pop", self.name, packet.number)
        if self.space >= self.data.wake_free:
            self.waiters.resume_first()
        return packet

    def begin_window(self) -> None:
        """Forget counters and the highest level."""
        super().begin_window()
        self.level.begin_window()

    def counters(self) -> dict[str, int]:
        """The counters with the level's maximum and integral."""
        return {**self.counts, "maximum": self.level.maximum, "integral": self.level.integral()}
