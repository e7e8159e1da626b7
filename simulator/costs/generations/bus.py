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
