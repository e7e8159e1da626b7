"""An IOMMU for a plan that exists already: pages from some bytes to all memory, few entries, walks as long as a packet's way.

*Scope*: plans of `random_plans`. *Validation*: arms counted by `branches`.
"""

from __future__ import annotations

from dataclasses import replace
from random import Random

from simulator.plan import draws
from simulator.plan.model import NONE, DescRing, Dma, Plan

GRID_PS = 100_000


def translated(plan: Plan, seed: str) -> Plan:
    """The plan, in three of four cases with IOMMUs; the same for the same seed."""
    die = Random(f"memory {seed}")
    if not plan.dmas or die.random() < 0.25:
        return plan
    streams = (*plan.streams, draws.table("order", (0, 1, 2, 9), (1, 1, 2, 1)))
    more = Random(f"buffers {seed}")
    rings = tuple(_addresses(ring, die, len(plan.streams), more) for ring in plan.rings)
    return replace(plan, streams=streams, dmas=tuple(_iommu(dma, die) for dma in plan.dmas), rings=rings)


def _iommu(dma: Dma, die: Random) -> Dma:
    return replace(
        dma, iotlb_entries=die.choice((NONE, NONE, 0, 1, 2, 3, 8)), page_bytes=die.choice((256, 600, 4096, 1 << 21)), walkers=die.choice((1, 2, 2, 3)),
        walk_ps=die.choice((0, GRID_PS, die.randint(1, 8 * GRID_PS))),
    )  # fmt: skip


def _addresses(ring: DescRing, die: Random, order: int, more: Random) -> DescRing:
    """Where a remote ring's buffers lie; two rings may share pages."""
    if not ring.remote or die.random() < 0.1:
        return ring
    order = order if die.random() < 0.5 else NONE
    base_bytes, stride_bytes = die.choice((0, 100, 4000)), die.choice((0, 100, 2048))
    return replace(
        ring, base_bytes=base_bytes, stride_bytes=stride_bytes, order=order, buffers=more.choice((0, 0, 3, 1000))
    )
