"""The transmit ring: the driver posts packets, the device fetches, takes and finishes them, the driver reaps.

*Scope*: virtqueues and NIC rings alike. *Validation*: conformance vectors of fetches, write-back groups and reaping.
"""

from __future__ import annotations

from collections import deque

from simulator.engines.reference.bus.transactions import DescriptorRead, TxWriteBack
from simulator.engines.reference.clock.arithmetic import ceil_div
from simulator.engines.reference.clock.packets import Packet
from simulator.engines.reference.queues.rings import DescRing
from simulator.engines.reference.queues.world import World
from simulator.plan import model
from simulator.plan.model import NONE


class TxRing(DescRing):
    """The driver posts packets, the device sends them."""

    def __init__(self, data: model.DescRing, world: World) -> None:
        super().__init__(data, world, posted=0)
        self.packets: deque[Packet] = deque()
        self.free = data.size
        """Descriptors that the driver may use."""
        self.fetched = 0
        """Packets whose descriptors a remote device has read."""
        self._fetching = False
        self._finished: deque[int] = deque()
        """Descriptor counts of packets that the device has finished but not written back."""
        self._returned: deque[int] = deque()
        """The same of packets written back but not reaped."""
        self._finished_packets = 0
        self._unseen_segments = 0
        self._unseen_bytes = 0
        """What was finished since the driver has last reaped something."""

    def connect(self) -> None:
        """Find the poller of a shared-memory ring; a remote one hears of doorbells."""
        super().connect()
        if self.data.poller != NONE and not self.data.remote:
            self.avail_side.poller = self.world.workers[self.data.poller]

    @property
    def tells_when_done(self) -> bool:
        """Whether a gate that may fire, not a vector, tells the driver of finished packets."""
        shared = self.moderator is None and not self.data.remote
        return shared and self.data.used_gate.mode != "never"

    def needs(self, packet: Packet) -> int:
        """Descriptors that ``packet`` takes."""
        return max(1, ceil_div(packet.length_bytes, self.data.buffer_bytes)) if self.data.buffer_bytes else 1

    def post(self, packet: Packet, descriptors: int) -> None:
        """Put ``packet`` on the ring; its ``descriptors`` have been taken from ``free``."""
        packet.ring, packet.descriptors = self, descriptors
        self.packets.append(packet)
        self.posted += 1
        self.counts["posted"] += 1
        self.level.change(+1)
        self.world.note("post", self.name, packet.number)

    @property
    def visible(self) -> int:
        """Packets that the device may take."""
        return (self.fetched if self.data.remote else self.avail) - self.taken

    def take(self) -> Packet:
        """The device takes the first packet; a remote one then thinks of reading more descriptors."""
        packet = self._take_first()
        self.try_fetch()
        return packet

    def _take_first(self) -> Packet:
        packet = self.packets.popleft()
        self.taken += 1
        self.counts["taken"] += 1
        self.level.change(-1)
        self.world.note("take", self.name, packet.number)
        return packet

    def doorbell_arrived(self, index: int) -> None:
        """The device learns the driver's index and reads descriptors, unless packets come with them."""
        self.announced = max(self.announced, index)
        if self.data.fetch_max:
            self.try_fetch()
        else:
            self.fetched = self.announced
        self.tell_poller()

    def try_fetch(self) -> None:
        """Read as many descriptors as there is place for, if few are in stock and no read is under way."""
        if not self.data.remote or self._fetching:
            return
        stock = self.fetched - self.taken
        count = min(self.data.fetch_max - stock, self.avail - self.fetched)
        if stock <= self.data.fetch_low and count > 0:
            self._fetching = True
            self.bus().read(DescriptorRead(self, count), count * self.data.descriptor_bytes)

    def fetch_arrived(self, count: int) -> None:
        """``count`` descriptors have been read."""
        # Fewer are left to read if the ring was reset meanwhile.
        self.fetched = min(self.fetched + count, self.avail)
        self._fetching = False
        self.try_fetch()
        self.tell_poller()

    def reset(self) -> None:
        """Drop what the device has not taken, whether it knows of it or not."""
        self.announced = self.fetched = self.avail_side.published = self.posted
        for _ in range(len(self.packets)):
            self.world.lose(self._take_first(), self)

    def tell_poller(self) -> None:
        """Tell the engine that looks at this ring."""
        if self.data.poller != NONE:
            self.world.workers[self.data.poller].tell(self)

    def finish(self, packet: Packet, *, at_once: bool) -> None:
        """The device is done with ``packet``; write back if the group is full or nothing else is to come."""
        self._unseen_segments += packet.segments
        self._unseen_bytes += packet.length_bytes
        self._finished.append(packet.descriptors)
        self._finished_packets += 1
        if len(self._finished) >= self.data.writeback_group or self._finished_packets == self.avail:
            self._write_back(at_once=at_once)

    def _write_back(self, *, at_once: bool) -> None:
        group = tuple(self._finished)
        self._finished.clear()
        if self.data.remote:
            dma = self.bus()
            dma.up.send(TxWriteBack(self, group), dma.write_bytes(sum(group) * self.data.writeback_bytes))
            self.moderate(len(group))
            return
        self.write_back_arrived(group)
        if at_once:
            self.used_side.publish_at_once()

    def write_back_arrived(self, group: tuple[int, ...]) -> None:
        """The completions of ``group`` are in memory."""
        self.done += len(group)
        self.counts["completed"] += len(group)
        self._returned.extend(group)

    def reap(self) -> int:
        """The driver frees the descriptors of everything completed; return how many packets that were."""
        count = self.used_side.published - self.reaped
        for _ in range(count):
            self.free += self._returned.popleft()
        self.reaped += count
        self.counts["reaped"] += count
        if count and self.moderator is not None:
            self.moderator.observe(self._unseen_segments, self._unseen_bytes, sent=True)
            self._unseen_segments = self._unseen_bytes = 0
        if self.free >= self.data.wake_free:
            self.waiters.resume_first()
        return count
