"""What travels on links, one class per kind of item, each knowing what it does when it arrives.

*Scope*: frames on wires; on PCIe: posted writes, read requests and completions, MSI, doorbells, unmask writes.
*Validation*: conformance vectors of the bus; the order of items on one link is the order of their effects.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simulator.engines.reference.bus.dma import Dma
    from simulator.engines.reference.bus.later import DescRing, Fifo, Moderator, RxRing, TxRing
    from simulator.engines.reference.bus.links import Link
    from simulator.engines.reference.clock.later import Addresses
    from simulator.engines.reference.clock.packets import Packet


@dataclass(frozen=True, slots=True)
class Frame:
    """A packet on a wire or pipe."""

    packet: Packet

    def arrive(self, link: Link) -> None:
        """The last bit is there."""
        self.packet.mark(link.data.stage, link.world.now_ps)
        link.hand_over(self.packet)


@dataclass(frozen=True, slots=True)
class RxWrite:
    """A received packet with its completion, written into host memory."""

    packet: Packet
    ring: RxRing

    def arrive(self, link: Link) -> None:
        """The driver can see the packet."""
        self.packet.mark(link.data.stage, link.world.now_ps)
        self.ring.complete(self.packet)
        self.ring.used_side.publish_at_once()


@dataclass(frozen=True, slots=True)
class TxWriteBack:
    """Completions of sent packets: the number of descriptors of each."""

    ring: TxRing
    group: tuple[int, ...]

    def arrive(self, link: Link) -> None:
        """The driver can see the completions."""
        self.ring.write_back_arrived(self.group)
        self.ring.used_side.publish_at_once()


@dataclass(frozen=True, slots=True)
class Msi:
    """An interrupt message; it cannot overtake the writes before it."""

    moderator: Moderator

    def arrive(self, link: Link) -> None:
        """The interrupt starts on its route."""
        self.moderator.route.signal()


@dataclass(frozen=True, slots=True)
class Unmask:
    """The driver's write that lets a vector fire again."""

    moderator: Moderator

    def arrive(self, link: Link) -> None:
        """The device sees the write."""
        self.moderator.rearm()


@dataclass(frozen=True, slots=True)
class Doorbell:
    """The driver's write of its index to the device."""

    ring: DescRing
    index: int

    def arrive(self, link: Link) -> None:
        """The device learns the index."""
        self.ring.doorbell_arrived(self.index)


@dataclass(frozen=True, slots=True)
class DescriptorRead:
    """The read of ``count`` tx descriptors."""

    ring: TxRing
    count: int
    packet: None = None

    def complete(self, dma: Dma) -> None:
        """The descriptors are in the device."""
        self.ring.fetch_arrived(self.count)


@dataclass(frozen=True, slots=True)
class RxDescriptorRead:
    """The read of rx descriptors, which only costs time on the bus."""

    packet: None = None

    def complete(self, dma: Dma) -> None:
        """Buffers were usable since the doorbell: nothing follows."""


@dataclass(frozen=True, slots=True)
class DataRead:
    """The read of a packet's data, from ``buffers`` if they are translated, into the device's ``fifo``, where a place is reserved."""

    packet: Packet
    fifo: Fifo
    buffers: Addresses | None = None

    def complete(self, dma: Dma) -> None:
        """The packet is in the device."""
        self.packet.mark(dma.data.read_stage, dma.world.now_ps)
        self.fifo.push_and_publish(self.packet, reserved=True)


Read = DescriptorRead | RxDescriptorRead | DataRead


@dataclass(frozen=True, slots=True)
class ReadRequest:
    """A read on its way to memory."""

    dma: Dma
    read: Read
    size_bytes: int

    def arrive(self, link: Link) -> None:
        """Memory begins to look for the data."""
        self.dma.request_arrived(self)


@dataclass(frozen=True, slots=True)
class ReadCompletion:
    """Data on its way back to the device."""

    request: ReadRequest

    def arrive(self, link: Link) -> None:
        """The read is done and its tag free."""
        self.request.dma.completion_arrived(self.request.read)
