"""Where workers put packets, one class per kind, with one contract.

1. ``room`` asks whether a packet would fit, ``reserve`` takes the room before the packet is taken from its input.
2. ``put`` hands the packet over. An output that may drop reserves only now and loses the packet if there is no room.
3. Software shows what it has put at its next flush (``side``); hardware shows it at once.

*Scope*: fifos, rings, links, DMA, sinks. *Validation*: conformance vectors of reservation, blocking and dropping.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

from simulator.engines.reference.bus.dma import Dma
from simulator.engines.reference.bus.links import Link
from simulator.engines.reference.bus.transactions import DataRead
from simulator.engines.reference.clock.packets import Packet
from simulator.engines.reference.queues.fifo import Fifo
from simulator.engines.reference.queues.later import Sink
from simulator.engines.reference.queues.rx_ring import RxRing
from simulator.engines.reference.queues.sides import Side
from simulator.engines.reference.queues.tx_ring import TxRing
from simulator.engines.reference.queues.waiters import Waiters
from simulator.engines.reference.queues.world import World
from simulator.errors import EngineError
from simulator.plan import model


class Output(ABC):
    """One way out of a worker."""

    side: Side | None = None
    """What a flush publishes."""
    wake_up: Side | None = None
    """The gate that a worker opens before it waits for room here."""
    waiters: Waiters | None = None

    def __init__(self, data: model.Output, world: World) -> None:
        self.data = data
        self.world = world
        self.blocks = data.full == "block"

    def room(self, packet: Packet | None) -> bool:
        """Whether ``packet`` would fit, or at least the smallest one; an output that drops has always room."""
        return not self.blocks or self._fits(packet)

    def reserve(self, packet: Packet) -> bool:
        """Take room for ``packet``, if there is any; an output that drops needs none yet."""
        return not self.blocks or self._claim(packet)

    def opens_ps(self) -> int | None:
        """When there will be room again, if that is a matter of time alone."""
        return None

    @abstractmethod
    def _fits(self, packet: Packet | None) -> bool:
        """Whether there is room."""

    @abstractmethod
    def _claim(self, packet: Packet) -> bool:
        """Take room; False if there is none."""

    @abstractmethod
    def put(self, packet: Packet) -> None:
        """Hand ``packet`` over."""


class FifoOutput(Output):
    """The producer's end of a fifo; it blocks if both ends of the line say so."""

    def __init__(self, data: model.Output, world: World, *, hardware: bool) -> None:
        super().__init__(data, world)
        self._fifo: Fifo = world.fifos[data.index]
        self._hardware = hardware
        self.blocks = self.blocks and self._fifo.data.full == "block"
        self.side = self._fifo.side
        self.waiters = self._fifo.waiters

    def _fits(self, packet: Packet | None) -> bool:
        return self._fifo.space >= 1

    def _claim(self, packet: Packet) -> bool:
        fits = self._fits(packet)
        self._fifo.reserved += fits
        return fits

    def put(self, packet: Packet) -> None:
        """Push."""
        if self._hardware:
            self._fifo.push_and_publish(packet, reserved=self.blocks)
        else:
            self._fifo.push(packet, reserved=self.blocks)


class _RingOutput(Output):
    """A ring takes packets while it is on; while it is off it loses them."""

    _ring: RxRing | TxRing

    def room(self, packet: Packet | None) -> bool:
        """As for every output; a ring that is off has always room."""
        return self._ring.off or super().room(packet)

    def reserve(self, packet: Packet) -> bool:
        """As for every output; a ring that is off needs none."""
        packet.reserved = 0
        return self._ring.off or super().reserve(packet)

    def put(self, packet: Packet) -> None:
        """Put it in, or lose it; room that was not taken before is taken now, if there is any."""
        taken = packet.reserved if self.blocks else 0
        if self._ring.off:
            self._give_back(taken)
        elif taken or self._claim(packet):
            self._store(packet)
            return
        self.world.lose(packet, self._ring)

    @abstractmethod
    def _give_back(self, count: int) -> None:
        """So many descriptors were taken for nothing."""

    @abstractmethod
    def _store(self, packet: Packet) -> None:
        """``packet`` is in the ring."""


class PostOutput(_RingOutput):
    """The driver posts packets on a tx ring."""

    _ring: TxRing

    def __init__(self, data: model.Output, world: World) -> None:
        super().__init__(data, world)
        ring = world.rings[data.index]
        assert isinstance(ring, TxRing), ring.name
        self._ring = ring
        self.side = ring.avail_side
        self.waiters = ring.waiters

    def _fits(self, packet: Packet | None) -> bool:
        return self._ring.free >= (1 if packet is None else self._ring.needs(packet))

    def _claim(self, packet: Packet) -> bool:
        if not self._fits(packet):
            return False
        packet.reserved = self._ring.needs(packet)
        self._ring.free -= packet.reserved
        return True

    def _give_back(self, count: int) -> None:
        self._ring.free += count

    def _store(self, packet: Packet) -> None:
        self._ring.post(packet, packet.reserved)


class _BufferOutput(_RingOutput):
    """The device fills buffers of an rx ring."""

    _ring: RxRing

    def __init__(self, data: model.Output, world: World) -> None:
        super().__init__(data, world)
        ring = world.rings[data.index]
        assert isinstance(ring, RxRing), ring.name
        self._ring = ring
        self.waiters = ring.waiters

    def _fits(self, packet: Packet | None) -> bool:
        return self._ring.buffers >= (1 if packet is None else self._ring.needs(packet))

    def _claim(self, packet: Packet) -> bool:
        if not self._fits(packet):
            return False
        packet.reserved = self._ring.needs(packet)
        self._ring.take_buffers(packet.reserved)
        return True

    def _give_back(self, count: int) -> None:
        self._ring.take_buffers(-count)


class FillOutput(_BufferOutput):
    """A backend copies packets into buffers in shared memory."""

    def __init__(self, data: model.Output, world: World) -> None:
        super().__init__(data, world)
        self.side = self._ring.used_side
        self.wake_up = self._ring.avail_side

    def _store(self, packet: Packet) -> None:
        packet.buffers = packet.reserved
        self._ring.complete(packet)


class DmaWriteOutput(_BufferOutput):
    """A NIC writes packets into buffers over the bus, never more than ``room_ps`` ahead; then it may be time for an interrupt."""

    def room(self, packet: Packet | None) -> bool:
        """Room on the bus, and buffers unless it may drop; a function that is off writes nothing."""
        return (self._ring.off or self.opens_ps() is None) and super().room(packet)

    def reserve(self, packet: Packet) -> bool:
        """As ``room``, and take the buffers."""
        return (self._ring.off or self.opens_ps() is None) and super().reserve(packet)

    def opens_ps(self) -> int | None:
        """When the bus's backlog is short enough; None if it is."""
        free_ps = self._ring.bus().up.busy_until_ps - self.data.room_ps
        return free_ps if free_ps > self.world.now_ps else None

    def _store(self, packet: Packet) -> None:
        packet.release_ring(at_once=True)
        packet.buffers = packet.reserved
        self._ring.write(packet)


class DmaReadOutput(Output):
    """A NIC reads packets over the bus into a fifo of its own."""

    def __init__(self, data: model.Output, world: World) -> None:
        super().__init__(data, world)
        self._dma: Dma = world.dmas[data.index]
        self._fifo: Fifo = world.fifos[data.fifo]
        self.waiters = self._fifo.waiters

    def _fits(self, packet: Packet | None) -> bool:
        return self._fifo.space >= 1

    def _claim(self, packet: Packet) -> bool:
        fits = self._fits(packet)
        self._fifo.reserved += fits
        return fits

    def put(self, packet: Packet) -> None:
        """Start the read; the packet comes into the fifo, where it has its place, when the data do."""
        buffers = None if packet.ring is None else packet.ring.packet_buffers
        self._dma.read(DataRead(packet, self._fifo, buffers), packet.length_bytes)


class LinkOutput(Output):
    """A NIC sends packets on a link, never more than ``room_ps`` ahead."""

    def __init__(self, data: model.Output, world: World) -> None:
        super().__init__(data, world)
        self._link: Link = world.links[data.index]

    def opens_ps(self) -> int:
        """When the link's backlog is short enough."""
        return self._link.busy_until_ps - self.data.room_ps

    def _fits(self, packet: Packet | None) -> bool:
        return self.opens_ps() <= self.world.now_ps

    def _claim(self, packet: Packet) -> bool:
        return self._fits(packet)

    def put(self, packet: Packet) -> None:
        """Send; the packet is in the device, so its descriptors are done with."""
        self._link.send_packet(packet)
        packet.release_ring(at_once=True)


class SinkOutput(Output):
    """Packets end here, if nobody answers them."""

    def __init__(self, data: model.Output, world: World) -> None:
        super().__init__(data, world)
        self.sink: Sink = world.sinks[data.index]
        self.blocks = False

    def _fits(self, packet: Packet | None) -> bool:
        return True

    def _claim(self, packet: Packet) -> bool:
        return True

    def put(self, packet: Packet) -> None:
        """Deliver."""
        packet.release_ring(at_once=True)
        self.sink.deliver(packet)


def output_of(data: model.Output, world: World, *, hardware: bool) -> Output:
    """The output that the plan describes."""
    match data.kind:
        case "fifo":
            return FifoOutput(data, world, hardware=hardware)
        case "post":
            return PostOutput(data, world)
        case "fill":
            return FillOutput(data, world)
        case "dma_write":
            return DmaWriteOutput(data, world)
        case "dma_read":
            return DmaReadOutput(data, world)
        case "link":
            return LinkOutput(data, world)
        case "sink":
            return SinkOutput(data, world)
    raise EngineError(f"{data.kind!r} is not a kind of output")
