"""Whether the pages and buffers that an IOMMU translates are described completely and fit in a word.

*Scope*: field values are known to be sound. *Validation*: `tests/unit/test_plan_check.py`.
"""

from __future__ import annotations

from collections.abc import Iterator

from simulator.plan.check_bounds import bounds
from simulator.plan.check_values import place
from simulator.plan.model import NONE, Dma, Plan

MOST_ENTRIES = 65_536
MOST_WALKERS = 1_024
LONGEST_WALK_PS = 10**9
"""1 ms: a walk is a few memory accesses."""
MOST_BYTES = 1 << 56
"""Addresses of devices have at most so many bits, and sums of them fit in a word."""


def translation(plan: Plan) -> Iterator[str]:
    """An IOMMU stands where buffers have addresses."""
    for dma in plan.dmas:
        yield from _iommu(dma)
    for ring in plan.rings:
        where = place(ring)
        if ring.base_bytes != NONE and not ring.remote:
            yield f"{where}: base_bytes = {ring.base_bytes}: only a remote ring's buffers are translated"
        if ring.base_bytes + (ring.buffers or ring.size) * ring.stride_bytes > MOST_BYTES:
            yield f"{where}: base_bytes = {ring.base_bytes}: the last buffer lies beyond 2**56"
        if ring.order != NONE and bounds(plan.streams[ring.order])[0] < 0:
            yield f"{where}: order: draws may be negative"


def _iommu(dma: Dma) -> Iterator[str]:
    where = place(dma)
    if dma.iotlb_entries > MOST_ENTRIES:
        yield f"{where}: iotlb_entries = {dma.iotlb_entries}: must be at most {MOST_ENTRIES}"
    if dma.walkers > MOST_WALKERS:
        yield f"{where}: walkers = {dma.walkers}: must be at most {MOST_WALKERS}"
    if dma.walk_ps > LONGEST_WALK_PS:
        yield f"{where}: walk_ps = {dma.walk_ps}: must be at most {LONGEST_WALK_PS}"


RULES = (translation,)
