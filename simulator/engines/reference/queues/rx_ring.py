"""The receive ring: the driver posts empty buffers, the device fills them, the driver takes packets out and refills.

*Scope*: virtqueues and NIC rings alike.
*Validation*: conformance vectors of buffers per packet, refills and full rings.
"""

from __future__ import annotations

from collections import deque

from simulator.engines.reference.bus.transactions import RxDescriptorRead
from simulator.engines.reference.clock.arithmetic import ceil_div
from simulator.engines.reference.clock.calendar import Slot
from simulator.engines.reference.clock.packets import Packet
from simulator.engines.reference.queues.rings import DescRing
from simulator.engines.reference.queues.sides import BEHIND
from simulator.engines.reference.queues.world import World
from simulator.plan import model
from simulator.plan.model import NONE

LONG_AGO_PS = -(2**62)


class RxRing(DescRing):
    """The driver posts empty buffers, the device fills them."""

    def __init__(self, data: model.DescRing, world: World, slot: Slot | None = None) -> None:
        super().__init__(data, world, posted=data.size)
        self.packets: deque[Packet] = deque()
        self._freed = 0
        self._held: deque[Packet] = deque()
        """Packets that the device keeps until a group is full or the time has come."""
        self._handed_ps = LONG_AGO_PS
        self._slot = slot
        if slot is not None:
            slot.call(self.hand_over)
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

    def write(self, packet: Packet) -> None:
        """The device writes ``packet``, or holds it back; then it may be time for an interrupt."""
        if self.data.hold_group == 1:
            self.bus().write_packet(packet, self)
            self.moderate(1)
            return
        self._held.append(packet)
        self.moderate(1)
        if self._held:
            self._hand_over_in_time()

    def _hand_over_in_time(self) -> None:
        if len(self._held) >= self.data.hold_group:
            self.hand_over()
        elif self._slot is not None:
            due_ps = self._handed_ps + self.data.hold_ps
            if self.world.now_ps >= due_ps:
                self.hand_over()
            else:
                self._slot.arm_min(due_ps)

    def hand_over(self) -> None:
        """The device writes what it holds."""
        self._handed_ps = self.world.now_ps
        if self._slot is not None:
            self._slot.disarm()
        while self._held:
            self.bus().write_packet(self._held.popleft(), self)

    def hand_over_all(self) -> None:
        """The vector fires: the device writes what it holds, if it holds anything."""
        if self._held:
            self.hand_over()

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
        if self.moderator is not None:
            self.moderator.observe(packet.segments, packet.length_bytes, sent=False)
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

    def turn_off(self) -> None:
        """Write what is held, then let nothing in."""
        self.hand_over_all()
        super().turn_off()

    def reset(self) -> None:
        """Drop what the driver has not taken, and post its buffers again."""
        for _ in range(len(self.packets)):
            self.world.lose(self.reap(), self)
        self.refill(0)
        self.avail_side.publish_at_once()

    def doorbell_arrived(self, index: int) -> None:
        """The device learns of new buffers, reads their descriptors and lets an engine that waits for them go on."""
        fresh, self.announced = index - self.announced, index
        piece = max(1, self.data.fetch_max)
        while self.data.descriptor_bytes and fresh > 0:
            count = min(piece, fresh)
            self.bus().read(RxDescriptorRead(), count * self.data.descriptor_bytes)
            fresh -= count
        self.waiters.resume_first()
