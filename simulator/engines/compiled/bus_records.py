"""Plan -> records of the bus: links, DMA functions and their IOMMUs.

*Scope*: as ``records``. *Validation*: agreement of the engines.
"""

from __future__ import annotations

from simulator.engines.compiled import kernel as k
from simulator.engines.compiled.builder import Builder
from simulator.plan import slots as slot_numbers
from simulator.plan.model import NONE, Dma

TARGETS = ("none", "fifo", "link", "sink")
"""What a link leads to, in the order of the kernel's numbers."""


def bus(b: Builder, numbers: slot_numbers.Slots) -> None:
    """Links and DMA functions."""
    for i, link in enumerate(b.plan.links):
        target = "" if link.target_kind == "none" else f"{link.target_kind}s"
        fields = {
            k.L_RATE: link.rate_bps, k.L_PROPAGATION: link.propagation_ps, k.L_OVERHEAD: link.frame_overhead_bytes, k.L_HEADER: link.segment_header_bytes,
            k.L_STAGE: link.stage, k.L_TARGET_KIND: TARGETS.index(link.target_kind), k.L_TARGET: b.ref(target, link.target) if target else 0,
            k.L_SLOT: numbers.link[i], k.L_PLACE: b.place(link.name),
        }  # fmt: skip
        b.fill(b.at["links"][i], fields)
    for i, dma in enumerate(b.plan.dmas):
        fields = {
            k.D_UP: b.ref("links", dma.up), k.D_DOWN: b.ref("links", dma.down), k.D_MPS: dma.mps_bytes, k.D_MRRS: dma.mrrs_bytes,
            k.D_COMPLETION: dma.completion_bytes, k.D_MAX: dma.max_reads, k.D_MEMORY: dma.memory_ps, k.D_SPREAD: b.ref("streams", dma.memory_spread),
            k.D_HEADER: dma.segment_header_bytes, k.D_STAGE: dma.read_stage, k.D_SLOT: numbers.memory[i],
        }  # fmt: skip
        b.fill(b.at["dmas"][i], fields)
        if dma.iotlb_entries != NONE:
            _iommu(b, b.at["dmas"][i], dma)


def _iommu(b: Builder, base: int, dma: Dma) -> None:
    table = base + k.D_IOMMU + 1
    fields = {
        k.TB_ENTRIES: dma.iotlb_entries, k.TB_PAGES: b.reserve(dma.iotlb_entries), k.TB_PAGE_BYTES: dma.page_bytes, k.TB_WALKERS: dma.walkers,
        k.TB_FREE: b.reserve(dma.walkers), k.TB_WALK: dma.walk_ps,
    }  # fmt: skip
    b.fill(table, fields)
    b.fill(base, {k.D_IOMMU: 1})
