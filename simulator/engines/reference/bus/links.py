"""A serial resource: items leave one after the other and arrive, in order, a propagation delay later.

1. ``send`` is for now only: the item starts when the link is free and is fully determined from then on.
2. Many items may be under way, but only the first has a pending time: one slot is enough.

*Scope*: one wire direction, one PCIe direction, a pipe inside a NIC.
*Validation*: conformance vectors; wire rates are exact.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Protocol

from simulator.engines.reference.bus.transactions import Frame
from simulator.engines.reference.bus.world import Entity, World
from simulator.engines.reference.clock.arithmetic import serialisation_ps
from simulator.engines.reference.clock.calendar import Process, Slot
from simulator.errors import EngineError
from simulator.plan import model

if TYPE_CHECKING:
    from simulator.engines.reference.clock.packets import Packet


class Item(Protocol):
    """What travels on a link."""

    def arrive(self, link: Link) -> None:
        """Take effect at the far end of ``link``."""


class Link(Entity):
    """One direction of a wire or bus."""

    kind = "link"

    def __init__(self, data: model.Link, world: World, slot: Slot) -> None:
        super().__init__(data.name, world)
        self.data = data
        self.busy_until_ps = 0
        self.off = False
        self._slot = slot
        self._under_way: deque[tuple[int, Item]] = deque()
        slot.attach(self._deliveries())

    def _deliveries(self) -> Process:
        while True:
            yield self._slot.wait()
            _, item = self._under_way.popleft()
            if self._under_way:
                self._slot.arm(self._under_way[0][0])
            item.arrive(self)

    def send(self, item: Item, size_bytes: int, packet: Packet | None = None) -> None:
        """Send ``item`` behind everything sent before; a ``packet`` that rides along is served meanwhile."""
        time_ps = serialisation_ps(size_bytes, self.data.rate_bps)
        self.busy_until_ps = max(self.world.now_ps, self.busy_until_ps) + time_ps
        arrival_ps = self.busy_until_ps + self.data.propagation_ps
        if self._under_way:  # a walk may hold up the item before it
            arrival_ps = max(arrival_ps, self._under_way[-1][0])
        self._under_way.append((arrival_ps, item))
        if len(self._under_way) == 1:
            self._slot.arm(arrival_ps)
        self.counts["items"] += 1
        self.counts["bytes"] += size_bytes
        self.counts["busy_ps"] += time_ps
        if packet is not None:
            packet.serve(time_ps + self.data.propagation_ps)

    def delay_last(self, until_ps: int) -> None:
        """What was sent last leaves the link not before ``until_ps``; others may be sent meanwhile."""
        arrival_ps, item = self._under_way[-1]
        later_ps = until_ps + self.data.propagation_ps
        if later_ps > arrival_ps:
            self._under_way[-1] = later_ps, item
            if len(self._under_way) == 1:
                self._slot.arm(later_ps)

    def send_packet(self, packet: Packet) -> None:
        """Send ``packet`` as the frames it is made of."""
        extra = (packet.segments - 1) * self.data.segment_header_bytes
        frames = packet.segments * self.data.frame_overhead_bytes
        self.send(Frame(packet), packet.length_bytes + extra + frames, packet)

    def hand_over(self, packet: Packet) -> None:
        """``packet`` has arrived: pass it on to what is at the far end; a link that is off loses it."""
        if self.off:
            self.world.lose(packet, self)
            return
        target = self.data.target
        match self.data.target_kind:
            case "fifo":
                self.world.fifos[target].push_and_publish(packet)
            case "link":
                self.world.links[target].send_packet(packet)
            case "sink":
                self.world.sinks[target].deliver(packet)
            case other:
                raise EngineError(f"{self.name}: a packet cannot go to a {other!r}")
