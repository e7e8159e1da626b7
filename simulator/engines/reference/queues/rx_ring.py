"""The receive ring: the driver posts empty buffers, the device fills them, the driver takes packets out and refills.

*Scope*: virtqueues and NIC rings alike.
*Validation*: conformance vectors of buffers per packet, refills and full rings.
"""

from __future__ import annotations

from collections import deque

from simulator.engines.reference.bus.transactions import RxDescriptorRead
from simulator.engines.reference.clock.arithmetic import ceil_div
from simulator.engines.reference.clock.packets import Packet
from simulator.engines.reference.queues.rings import DescRing
from simulator.engines.reference.queues.sides import BEHIND
from simulator.engines.reference.queues.world import World
from simulator.plan import model
from simulator.plan.model import NONE


class RxRing(DescRing):
    """The driver posts empty buffers, the device fills them."""

    def __init__(self, data: model.DescRing, world: World) -> None:
        super().__init__(data, world, posted=data.size)
        self.packets: deque[Packet] = deque()
        self._freed = 0
        # A full ring: nobody waits for buffers.
        self.avail_side.enabled = False
        self.avail_side.event = BEHIND

    def connect(self) -> None:
        """Find the poller of completions."""
        super().connect()
        if self.data.poller != NONE:
            self.used_side.poller = self.world.workers[self.data.poller]

    def needs(self, packet: Packet) -> int:
        """Buffers that ``packet`` takes: each segment starts a new one."""
        if not self.data.buffer_bytes:
            return packet.segments
        segment_bytes = ceil_div(packet.length_bytes, packet.segments)
        return packet.segments * max(1, ceil_div(segment_bytes, self.data.buffer_bytes))

    @property
    def buffers(self) -> int:
        """Buffers that the device may take."""
        return self.avail - self.taken

    def take_buffers(self, count: int) -> None:
        """The device takes ``count`` buffers for a packet."""
        self.taken += count
        self.counts["taken"] += count

    def complete(self, packet: Packet) -> None:
        """``packet`` is in memory; the driver sees it when the used side is published."""
        self.packets.append(packet)
        self.done += 1
        self.counts["completed"] += 1
        self.level.change(+1)
        self.world.note("complete", self.name, packet.number)

    @property
    def visible(self) -> int:
        """Packets that the driver may reap."""
        return self.used_side.published - self.reaped

    def reap(self) -> Packet:
        """The driver takes the first packet; its buffers can be posted again."""
        packet = self.packets.popleft()
        self.reaped += 1
        self._freed += packet.buffers
        self.counts["reaped"] += 1
        self.level.change(-1)
        self.world.note("reap", self.name, packet.number)
        return packet

    def refill(self, above: int) -> None:
        """Post all free buffers, if they are more than ``above``."""
        fresh = self._freed + self.data.size - self.posted
        if fresh > above:
            self.posted += fresh
            self.counts["posted"] += fresh

    def doorbell_arrived(self, index: int) -> None:
        """The device learns of new buffers, reads their descriptors and lets an engine that waits for them go on."""
        fresh, self.announced = index - self.announced, index
        piece = max(1, self.data.fetch_max)
        while self.data.descriptor_bytes and fresh > 0:
            count = min(piece, fresh)
            self.bus().read(RxDescriptorRead(), count * self.data.descriptor_bytes)
            fresh -= count
        self.waiters.resume_first()
