"""The bus side of a device: posted writes on ``up``, reads that go up as requests and come down as completions.

1. A read needs one of ``max_reads`` tags, whatever its size; without one it waits in line.
2. The request crosses ``up``; memory answers in order, never before the request ahead of it.
3. The completion crosses ``down`` and frees the tag.

*Scope*: TLP bytes of PCIe with 64-bit addresses: 24 bytes around a request or write, 20 around a completion
(pcie-bench's model).
*Validation*: conformance vectors of tags, order and bytes.
"""

from __future__ import annotations

from collections import deque

from simulator.engines.reference.bus.later import RxRing
from simulator.engines.reference.bus.transactions import DataRead, Read, ReadCompletion, ReadRequest, RxWrite
from simulator.engines.reference.bus.translation import Iommu
from simulator.engines.reference.bus.world import Entity, World
from simulator.engines.reference.clock.arithmetic import ceil_div
from simulator.engines.reference.clock.calendar import Process, Slot
from simulator.engines.reference.clock.later import Addresses
from simulator.engines.reference.clock.packets import Packet
from simulator.plan import model

WRITE_OVERHEAD_BYTES = 24
COMPLETION_OVERHEAD_BYTES = 20


class Dma(Entity):
    """One function's access to host memory."""

    kind = "dma"

    def __init__(self, data: model.Dma, world: World, slot: Slot) -> None:
        super().__init__(data.name, world)
        self.data = data
        self.up = world.links[data.up]
        self.down = world.links[data.down]
        self._outstanding = 0
        self._without_tag: deque[ReadRequest] = deque()
        self._iommu = None if data.iotlb_entries == model.NONE else Iommu(data, self.up)
        self._slot = slot
        self._ready_ps = 0
        self._in_memory: deque[tuple[int, ReadRequest]] = deque()
        slot.attach(self._memory())

    def write_bytes(self, size_bytes: int) -> int:
        """Bytes on ``up`` of a posted write of ``size_bytes``."""
        return WRITE_OVERHEAD_BYTES * ceil_div(size_bytes, self.data.mps_bytes) + size_bytes

    def write_packet(self, packet: Packet, ring: RxRing) -> None:
        """Write a received packet: each of its segments with a completion of its own."""
        total_bytes = packet.length_bytes + (packet.segments - 1) * self.data.segment_header_bytes
        chunk_bytes = ceil_div(total_bytes, packet.segments)
        headers_bytes = WRITE_OVERHEAD_BYTES * ceil_div(chunk_bytes, self.data.mps_bytes)
        per_segment_bytes = headers_bytes + WRITE_OVERHEAD_BYTES + ring.data.writeback_bytes
        self.up.send(RxWrite(packet, ring), packet.segments * per_segment_bytes + total_bytes, packet)
        self._translate(ring.packet_buffers, packet, packet.buffers)

    def read(self, read: Read, size_bytes: int) -> None:
        """Read ``size_bytes`` of host memory; ``read`` says what follows."""
        self.counts["reads"] += 1
        request = ReadRequest(self, read, size_bytes)
        if self._outstanding < self.data.max_reads:
            self._issue(request)
        else:
            self.counts["waited"] += 1
            self._without_tag.append(request)

    def _issue(self, request: ReadRequest) -> None:
        self._outstanding += 1
        pieces = ceil_div(request.size_bytes, self.data.mrrs_bytes)
        self.up.send(request, WRITE_OVERHEAD_BYTES * pieces, request.read.packet)
        if isinstance(request.read, DataRead):
            self._translate(request.read.buffers, request.read.packet, 1)

    def _translate(self, buffers: Addresses | None, packet: Packet, taken: int) -> None:
        if self._iommu is not None and buffers is not None:
            self._iommu.translate(buffers, packet.length_bytes, taken)
            self.counts["walks"], self._iommu.walks = self.counts["walks"] + self._iommu.walks, 0

    def request_arrived(self, request: ReadRequest) -> None:
        """Memory takes ``request`` in line."""
        time_ps = self.world.chance.spread(self.data.memory_ps, self.data.memory_spread)
        self._ready_ps = max(self._ready_ps, self.world.now_ps + time_ps)
        if isinstance(request.read, DataRead):
            request.read.packet.serve(time_ps)
        self._in_memory.append((self._ready_ps, request))
        if len(self._in_memory) == 1:
            self._slot.arm(self._ready_ps)

    def _memory(self) -> Process:
        while True:
            yield self._slot.wait()
            _, request = self._in_memory.popleft()
            if self._in_memory:
                self._slot.arm(self._in_memory[0][0])
            pieces = ceil_div(request.size_bytes, self.data.completion_bytes)
            size_bytes = COMPLETION_OVERHEAD_BYTES * pieces + request.size_bytes
            self.down.send(ReadCompletion(request), size_bytes, request.read.packet)

    def completion_arrived(self, read: Read) -> None:
        """A tag is free for the read that has waited longest; then the data take effect."""
        self._outstanding -= 1
        if self._without_tag:
            self._issue(self._without_tag.popleft())
        read.complete(self)
