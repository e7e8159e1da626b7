"""The bus as the host sees it: doorbells down, data and interrupts up.

*Scope*: latency only; rates are the NIC's.
*Validation*: ``tests/unit/test_costs.py``.
"""

from __future__ import annotations

from simulator.costs.compose import Row

ROUND_TRIP_NOTE = (
    "round trip of an 8 B read, about 7 ns of it on the link; high: with the measuring device's DMA engine"
)
WAY_NOTE = (
    "half of a read that the cache answers, so that both ways are no longer than any generation's read; high: a device's "
    "write-then-read, which cannot be faster than the write"
)

DOORBELL_LATENCY = Row(
    "p_mmio_wr_lat",
    "206.5",
    "ns",
    "assumed",
    ("ddio_hit_bdw", "dma_wrrd64_bdw"),
    "ddio_hit_bdw / 2",
    low="140",
    high="560",
    source_name="dma_write_visible",
    note=WAY_NOTE,
)

BUS_UP = (
    Row(
        "p_write_lat",
        "206.5",
        "ns",
        "assumed",
        ("ddio_hit_bdw", "dma_wrrd64_bdw"),
        "ddio_hit_bdw / 2",
        low="140",
        high="560",
        source_name="dma_write_visible",
        note=WAY_NOTE,
    ),
    Row(
        "p_msi_flight",
        "624.98",
        "ns",
        "assumed",
        ("zen_avic_ipi", "spr_ipi_x2apic_on"),
        "zen_avic_ipi - g_irq",
        low="312.49",
        high="1124.98",
        note="as an IPI that hardware delivers between vCPUs, less the handler; the sender is in it: an upper bound",
    ),
    Row(
        "k_pi_flight",
        "1018.98",
        "ns",
        "assumed",
        ("clx_iommu_lm",),
        "p_msi_flight + 2 * clx_iommu_lm",
        low="624.98",
        high="1412.98",
        source_name="irq_posted_delivery",
        note="two memory accesses of the IOMMU more than an MSI: remapping entry and descriptor; high: four; low: cached",
    ),
    Row(
        "k_pi_notify",
        "100",
        "ns",
        "assumed",
        ("apicv_pir_sync",),
        low="20",
        high="250",
        note="no source gives it alone: moving the requests takes at least 20 cycles, a whole interrupt about 500 ns",
    ),
)
"""The way up: data, then the interrupt of each mode."""

MAPPING = (
    Row(
        "i_remap", "30", "ns", "assumed", ("clx_iommu_lm",), low="0", high="197",
        note="entries are few and cached; high: one read of memory on Cascade Lake",
    ),
    Row(
        "i_map", "240", "ns", "assumed", ("xlab_iommu_map",), low="100", high="833.36",
        note="high: measured in a guest with a probe around it, whose own time is in it; the address comes from a cache of the core",
    ),
    Row(
        "i_unmap", "300", "ns", "assumed", ("xlab_iommu_unmap",), low="100", high="893.87",
        note="high: measured in a guest with a probe around it, whose own time is in it",
    ),
    Row(
        "i_wait", "1063.5", "cycles", "assumed", ("riommu_iotlb_inv",), "riommu_iotlb_inv[0] / 2", low="0", high="2127",
        note="half of an invalidation's time; how much of it the unit serves nobody else is not published",
    ),
    Row(
        "i_turn", "1063.5", "cycles", "assumed", ("riommu_iotlb_inv", "kbl_iotlb_inv"), "riommu_iotlb_inv[0] / 2", low="213", high="2127",
        note="the other half; drivers give the lock back while they wait, and the unit works through its queue in order",
    ),
    Row(
        "i_defer", "70", "ns", "assumed", low="20", high="200",
        note="an entry of a queue of the core's own, under a lock that nobody else wants",
    ),
    Row(
        "i_nested_sync", "1326.47", "ns", "borrowed", ("xlab_sync_map",), "xlab_sync_map[0]", low="400", high="4014.06",
        note="one flow, a probe's time in it; high: with a write of a register, which exits",
    ),
    Row(
        "i_nested_turn", "8772.04", "ns", "borrowed", ("xlab_invalidate",), "xlab_invalidate[0]", low="7604.2", high="12414.81",
        note="one flow; low: the section under the lock alone; high: with all that is done around it",
    ),
    Row(
        "i_shadow_map", "6000", "ns", "assumed", low="3000", high="12000",
        note="an exit to QEMU, its look at the guest's table, an ioctl of VFIO that pins and maps the page; no time is published",
    ),
    Row(
        "i_shadow_unmap", "8000", "ns", "assumed", low="4000", high="16000",
        note="as i_shadow_map, with the host's invalidation; no time is published",
    ),
)  # fmt: skip
"""What the DMA API costs where an IOMMU translates; the same for all generations."""

IOMMU = (
    Row(
        "iotlb_entries", "64", "entries", "borrowed", ("iotlb_64",), "iotlb_64", low="32", high="128",
        note="Sandy Bridge to Broadwell, by the window at which reads of 64 B slow down",
    ),
    Row(
        "iommu_walk", "280", "ns", "borrowed", ("iotlb_miss_bdw", "ddio_miss_bdw"), "iotlb_miss_bdw - ddio_miss_bdw", low="197", high="347",
        note="window of 64 MB, pages of 4 KiB, Broadwell; low: one read of a walk on Cascade Lake; high: against a hit in a small window",
    ),
    Row(
        "iommu_walkers", "5", "walkers", "assumed", ("iotlb_bw_bdw_bad",), low="4", high="7",
        note="280 ns over 52 ns per read of 64 B where every page is walked for (9.8 Gbit/s): 5.4",
    ),
    Row(
        "iommu_nested_walk", "387.2", "ns", "borrowed", ("iotlb_miss_bdw", "ddio_miss_bdw", "xlab_walk_reads", "clx_walk_reads", "clx_iotlb_miss_4k"),
        "iommu_walk * xlab_walk_reads[1] / xlab_walk_reads[0] / (clx_walk_reads[0] / clx_iotlb_miss_4k[0])", low="280", high="694",
        note="reads of memory per miss with two tables over those with one, on other machines; high: two walks and more",
    ),
)  # fmt: skip
"""Of Intel machines of 2012 to 2016: no later one has been read."""
