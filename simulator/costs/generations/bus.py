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
)  # fmt: skip
"""Of Intel machines of 2012 to 2016: no later one has been read."""
