"""The PCIe link of the NIC: one direction up (device to host), one down, and the reads that use both.

1. Writes (packets, write-backs, interrupt messages) go up one after another, so an interrupt never overtakes its data.
2. A read is a request up, memory, and completions down, in order; `max_reads` may be on their way.
3. The catalogue's read time `p_mem` is a whole round trip of a small read, `p_mmio_wr_lat` and `p_write_lat` are one way
   down and up. Both ways are put on the links and taken off the memory, so that neither is counted twice.

4. With an IOMMU the buffers of each ring lie one after the other in memory of their own, mapped for good in pages of one size; packets
   that are mapped one by one have a page of their own, new for each (`simulator.parts.mapping`).

*Scope*: usable rates without replay and credits. A driver that maps packets is behind pages of 4 KiB.
*Validation*: byte formulas of docs/reference/plan.md section 4; tests/phenomena/test_pcie.py.
"""

from __future__ import annotations

from simulator.parts.cpu import add_spread
from simulator.parts.settings import HostSettings, PortSettings
from simulator.parts.stages import PCIE, PCIE_READ
from simulator.parts.steps import Step
from simulator.parts.wire import SEGMENT_HEADER_BYTES
from simulator.plan.builder import PlanBuilder
from simulator.plan.model import Dma, Link

SMALL_PAGE_BYTES = 4096

READ = Step(
    "read of descriptor or packet",
    "PCIe up, memory, PCIe down",
    "dma.memory_ps",
    ("p_mem",),
    "per read",
    source="pcie-bench",
)
WRITE = Step(
    "packet, completion or interrupt on its way",
    "PCIe up",
    "dma.up_ps",
    ("p_write_lat",),
    "per write",
    source="pcie-bench",
)
DOORBELL = Step(
    "doorbell on its way", "PCIe down", "dma.down_ps", ("p_mmio_wr_lat",), "per doorbell", source="pcie-bench"
)


def add_pcie(builder: PlanBuilder, host: HostSettings, port: PortSettings, name: str) -> int:
    """The DMA engine with its two links."""
    way_down_ps, way_up_ps = host.model.ps("p_mmio_wr_lat"), host.model.ps("p_write_lat")
    up = builder.add(
        Link(name=f"{name}.pcie.up", rate_bps=port.up_bps, propagation_ps=way_up_ps, stage=builder.stage(PCIE))
    )
    down = builder.add(Link(name=f"{name}.pcie.down", rate_bps=port.down_bps, propagation_ps=way_down_ps))
    page_bytes = SMALL_PAGE_BYTES if host.maps or port.maps else host.iommu_page_bytes
    walk = "iommu_nested_walk" if port.nested else "iommu_walk"
    translation = {} if not page_bytes else {
        "iotlb_entries": host.model.value("iotlb_entries"), "page_bytes": page_bytes,
        "walkers": host.model.value("iommu_walkers"), "walk_ps": host.model.value(walk),
    }  # fmt: skip
    return builder.add(
        Dma(
            name=f"{name}.dma",
            up=up,
            down=down,
            mps_bytes=port.mps_bytes,
            mrrs_bytes=port.mrrs_bytes,
            completion_bytes=min(port.mps_bytes, port.model.value("cpl_bytes")),
            max_reads=port.model.value("max_reads"),
            memory_ps=max(0, host.model.ps("p_mem") - way_down_ps - way_up_ps)
            + (host.model.ps("p_far_mem") if port.far == "cores and memory" else 0),
            memory_spread=add_spread(builder, host, f"{name}.memory", ("p_mem",)),
            segment_header_bytes=SEGMENT_HEADER_BYTES,
            read_stage=builder.stage(PCIE_READ),
            **translation,
        )
    )
