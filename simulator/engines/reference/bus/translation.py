"""Where a device's accesses lie in memory, and what it takes to find out: the IOTLB, the walkers behind it, buffers that follow one another.

1. An item that touches packet buffers is sent on ``up`` as any other; then its pages are looked up, in the order of addresses.
2. A page that is not held is walked for by the first walker that is free; until one is, the link is held up.
3. The item arrives when its last walk has ended; what is behind it never arrives before it.

*Scope*: buffers of packets; descriptors, completions and messages lie in few pages, which are held.
*Validation*: conformance vectors of translation.
"""

from __future__ import annotations

from collections.abc import Iterator

from simulator.engines.reference.bus.links import Link
from simulator.engines.reference.clock.chance import Chance
from simulator.engines.reference.clock.later import Addresses
from simulator.plan import model
from simulator.plan.model import NONE


class Buffers:
    """The packet buffers of a ring, one after the other."""

    def __init__(self, data: model.DescRing, chance: Chance) -> None:
        self.data = data
        self._chance = chance
        self._count = data.buffers or data.size
        self._touched = 0

    def next(self, count: int) -> int:
        """The address (bytes) of the next buffer, of ``count`` that are taken."""
        number = self._touched if self.data.order == NONE else self._chance.draw(self.data.order)
        self._touched += count
        return self.data.base_bytes + number % self._count * self.data.stride_bytes


class Iommu:
    """The translations that are at hand, the latest first, and the walkers that look for others."""

    def __init__(self, data: model.Dma, up: Link) -> None:
        self.data = data
        self.walks = 0
        self._up = up
        self._held: list[int] = []
        self._free_ps = [0] * data.walkers

    def translate(self, buffers: Addresses, size_bytes: int, taken: int) -> None:
        """What was sent last touches ``size_bytes`` of the next of ``buffers``, of which it takes ``taken``."""
        walks_end_ps = [
            self._walk() for page in self._pages(buffers.next(taken), size_bytes) if not self._is_held(page)
        ]
        if walks_end_ps:
            self._up.delay_last(max(walks_end_ps))

    def _pages(self, start: int, size_bytes: int) -> Iterator[int]:
        last = (start + size_bytes - 1) // self.data.page_bytes
        return iter(range(start // self.data.page_bytes, last + 1))

    def _is_held(self, page: int) -> bool:
        """Look ``page`` up; it is the latest from now on, and the oldest is forgotten if there are too many."""
        found = page in self._held
        if found:
            self._held.remove(page)
        self._held = [page, *self._held][: self.data.iotlb_entries]
        return found

    def _walk(self) -> int:
        """Wait for a walker, holding the link; the time at which it is done."""
        self.walks += 1
        first = self._free_ps.index(min(self._free_ps))
        self._up.busy_until_ps = max(self._up.busy_until_ps, self._free_ps[first])
        self._free_ps[first] = self._up.busy_until_ps + self.data.walk_ps
        return self._free_ps[first]
