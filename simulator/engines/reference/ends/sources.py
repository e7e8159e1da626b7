"""Where packets are born: an open loop, request and response, or a window of unacknowledged data.

1. A source decides at its slot; answers and timeouts only arm the slot.
2. ``open`` follows its gaps whatever happens; ``rr`` has one request outstanding; ``window`` keeps up to ``cwnd``
   packets unacknowledged, shrinks that on loss and opens it while nothing is lost.

*Scope*: load generators; ``window`` has TCP's ACK clocking, slow start and reaction to loss; what was lost is not sent
again, the next packet stands for it.
*Validation*: closed loops obey X = N / R (tests/theory); conformance vectors of timeouts and ACKs.
"""

from __future__ import annotations

from abc import abstractmethod

from simulator.engines.reference.clock.arithmetic import ceil_div
from simulator.engines.reference.clock.calendar import Process, Slot
from simulator.engines.reference.clock.packets import DATA, REQ, Packet
from simulator.engines.reference.ends.world import Entity, World
from simulator.plan import model
from simulator.plan.model import NONE

UNIT = 1024
"""A packet, as windows are counted."""
LEAST_THRESHOLD = 2


class Source(Entity):
    """What all kinds share: making a packet and sending it."""

    kind = "source"

    def __init__(self, data: model.Source, world: World, slot: Slot, timeout: Slot) -> None:
        super().__init__(data.name, world)
        self.data = data
        self.received = 0
        """Data packets of this source that were delivered anywhere."""
        self.off = False
        self._next_seq = 0
        self._slot = slot
        self._timeout = timeout
        slot.attach(self._births())
        timeout.call(self._timed_out)
        self._plan_birth(data.start_ps + self._first_gap_ps())

    def _births(self) -> Process:
        while True:
            yield self._slot.wait()
            self._send_one()

    @abstractmethod
    def _send_one(self) -> None:
        """Send a packet and decide what follows."""

    def _first_gap_ps(self) -> int:
        return 0

    def _timed_out(self) -> None:
        """Only closed loops wait for anything."""

    def response_arrived(self, packet: Packet) -> None:
        """A response has found its way back."""

    def ack_arrived(self, packet: Packet) -> None:
        """An acknowledgement has found its way back."""

    def misses_before(self, packet: Packet) -> bool:
        """Whether packets before ``packet`` are missing that it was not sent in place of."""
        return False

    def data_came(self, packet: Packet) -> None:
        """``packet`` has come to whoever may acknowledge it."""

    def data_received(self) -> None:
        """One of its data packets was delivered."""
        self.received += 1
        self.counts["received"] += 1

    def _plan_birth(self, time_ps: int) -> None:
        """Send at ``time_ps``, if the source may send then."""
        if not self.off and time_ps < self.data.stop_ps and self._next_seq < self.data.max_packets:
            self._slot.arm(time_ps)

    def turn_off(self) -> None:
        """Send nothing more and wait for nothing."""
        self.off = True
        self._slot.disarm()
        self._timeout.disarm()

    def turn_on(self) -> None:
        """Begin as at the start, if it is off."""
        if self.off:
            self.off = False
            self._forget()
            self._plan_birth(max(self.world.now_ps, self.data.start_ps) + self._first_gap_ps())

    def _forget(self) -> None:
        """What was sent before it was off is not waited for."""

    def _create(self, kind: int) -> Packet:
        data, world = self.data, self.world
        length_bytes, flow, dst = (world.chance.draw(stream) for stream in (data.size, data.flow, data.dst))
        segments = ceil_div(length_bytes, data.segment_bytes) if data.segment_bytes else 1
        stages = len(world.plan.stages)
        packet = Packet(
            number=world.born,
            source=self,
            seq=self._next_seq,
            kind=kind,
            flag=False,
            flow=flow,
            dst=dst,
            vlan=data.vlan,
            length_bytes=length_bytes,
            segments=segments,
            born_ps=world.now_ps,
            mark_ps=world.now_ps,
            waits_ps=[0] * stages,
            services_ps=[0] * stages,
        )
        self._next_seq += 1
        world.born += 1
        world.alive += 1
        self.counts["offered"] += 1
        self.counts["offered_bytes"] += length_bytes
        return packet

    def _send(self, packet: Packet) -> None:
        if self.data.target_kind == "fifo":
            self.world.fifos[self.data.target].push_and_publish(packet)
            return
        link = self.world.links[self.data.target]
        if link.busy_until_ps - self.world.now_ps > self.data.backlog_ps:
            self.world.lose(packet, self)
        else:
            link.send_packet(packet)


class OpenSource(Source):
    """Sends whatever happens."""

    def _gap_ps(self) -> int:
        return self.world.chance.draw(self.data.gap)

    def _first_gap_ps(self) -> int:
        return self._gap_ps()

    def _send_one(self) -> None:
        self._send(self._create(REQ if self.data.request else DATA))
        self._plan_birth(self.world.now_ps + self._gap_ps())


class RequestSource(Source):
    """Sends a request, waits for its response, thinks, and sends the next."""

    def _send_one(self) -> None:
        self._send(self._create(REQ))
        self._timeout.arm(self.world.now_ps + self.data.timeout_ps)

    def response_arrived(self, packet: Packet) -> None:
        """Think, then send again; a late response counts but starts nothing."""
        if packet.seq != self._next_seq - 1:
            return
        self._timeout.disarm()
        think_ps = 0 if self.data.think == NONE else self.world.chance.draw(self.data.think)
        self._plan_birth(self.world.now_ps + think_ps)

    def _timed_out(self) -> None:
        self.counts["timeouts"] += 1
        self._plan_birth(self.world.now_ps)


class WindowSource(Source):
    """Sends while fewer than ``cwnd`` packets are unacknowledged."""

    def __init__(self, data: model.Source, world: World, slot: Slot, timeout: Slot) -> None:
        super().__init__(data, world, slot, timeout)
        self._most = data.window * UNIT
        self._cwnd = min(data.start_window * UNIT or self._most, self._most)
        """In 1/1024 of a packet, like all windows here."""
        self._threshold = self._most
        """Below it the window opens with every acknowledged packet (slow start)."""
        self._acked = 0
        self._lost = 0
        self._suspected: int | None = None
        """The packet whose ACK first told of losses that are not believed yet."""
        self._recover = 0
        """Losses among packets before this one were reacted to."""
        self._blind = False
        """After a timeout: what was lost before is learned from the first ACK of what was sent after it."""
        self._came = 0
        self._offset_bytes = 0

    @property
    def _window_is_full(self) -> bool:
        return self._next_seq - self._acked >= self._cwnd // UNIT

    def _send_one(self) -> None:
        packet = self._create(DATA)
        packet.flag = (packet.seq + 1) % self.data.ack_every == 0 or self._window_is_full
        packet.aux = self._lost
        packet.calls = self._calls_in(packet)
        self._send(packet)
        if self._timeout.time_ps is None:
            self._timeout.arm(self.world.now_ps + self.data.timeout_ps)
        self._go_on()

    def _calls_in(self, packet: Packet) -> int:
        if not self.data.message_bytes:
            return 1
        calls, self._offset_bytes = divmod(self._offset_bytes + packet.length_bytes, self.data.message_bytes)
        return calls

    def _go_on(self) -> None:
        if not self._window_is_full:
            self._plan_birth(self.world.now_ps)

    def misses_before(self, packet: Packet) -> bool:
        """Whether packets before ``packet`` are missing that it was not sent in place of."""
        return packet.seq - self._came > packet.aux

    def data_came(self, packet: Packet) -> None:
        """``packet`` has come to whoever may acknowledge it."""
        self._came += 1

    def ack_arrived(self, packet: Packet) -> None:
        """The window moves on; what it says about losses opens or closes it."""
        acknowledged = packet.seq + 1 - self._acked
        if acknowledged > 0:
            self._acked = packet.seq + 1
            if self._next_seq > self._acked and not self.off:
                self._timeout.arm(self.world.now_ps + self.data.timeout_ps)
            else:
                self._timeout.disarm()
        self._adapt(packet, acknowledged)
        self._go_on()

    def _adapt(self, ack: Packet, acknowledged: int) -> None:
        lost = ack.seq + 1 - ack.aux
        if self._blind and ack.seq >= self._recover:
            self._blind, self._lost = False, lost
        if lost > self._lost:
            self._suspect(ack, lost)
            return
        self._suspected = None
        if acknowledged > 0 and ack.seq >= self._recover:
            self._open(acknowledged)

    def _suspect(self, ack: Packet, lost: int) -> None:
        if self._suspected is None:
            self._suspected = ack.seq
        if ack.seq - self._suspected < self.data.reorder - 1:
            return
        self._suspected, self._lost = None, lost
        if ack.seq >= self._recover:
            self._shrink()
            self._cwnd = self._threshold

    def _open(self, acknowledged: int) -> None:
        if self._cwnd < self._threshold:
            self._cwnd = min(self._cwnd + acknowledged * UNIT, self._threshold)
        else:
            self._cwnd = min(self._cwnd + self.data.grow * acknowledged * UNIT // self._cwnd, self._most)

    def _forget(self) -> None:
        self._acked = self._recover = self._next_seq
        self._blind, self._suspected = True, None

    def _shrink(self) -> None:
        self._threshold = min(max(self._cwnd * self.data.shrink // UNIT, LEAST_THRESHOLD * UNIT), self._most)
        self._recover = self._next_seq

    def _timed_out(self) -> None:
        self.counts["timeouts"] += 1
        self._shrink()
        self._forget()
        self._cwnd = UNIT
        self._plan_birth(self.world.now_ps)


def source_of(data: model.Source, world: World, slot: Slot, timeout: Slot) -> Source:
    """The source that the plan describes."""
    kinds: dict[str, type[Source]] = {"open": OpenSource, "rr": RequestSource, "window": WindowSource}
    return kinds[data.kind](data, world, slot, timeout)
