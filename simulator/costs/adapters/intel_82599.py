"""Intel 82599 (X520): 10 Gbit/s, PCIe Gen2 x8, 63 VFs.

*Scope*: one port. VF-to-VF bandwidth is a vendor engineer's "20+ Gbit/s"; latency inside the chip is assumed.
*Validation*: values recomputed by ``tests/unit/test_costs.py``.
"""

from __future__ import annotations

from simulator.costs import drivers
from simulator.costs.adapters import shared
from simulator.costs.assemble import assemble_nic
from simulator.costs.compose import Row, assumed
from simulator.costs.model import Nic

ROWS = (
    assumed("port_rate_bps", "10000000000", "bit/s", "by name of the part", low="10000000000", high="10000000000"),
    *shared.bus(2, 8),
    *shared.UNMEASURED,
    assumed("max_reads", "32", "reads"),
    Row("rx_desc_bytes", "16", "B", "cited", ("niantic_desc",), "niantic_desc", source_name="desc_bytes"),
    Row("tx_desc_bytes", "16", "B", "cited", ("niantic_desc",), "niantic_desc", source_name="desc_bytes"),
    Row("writeback_bytes", "16", "B", "cited", ("niantic_desc",), "niantic_desc", note="one descriptor per packet"),
    Row("tx_wthresh", "8", "descriptors", "cited", ("niantic_tx_wb",), "niantic_tx_wb", source_name="writeback"),
    Row(
        "tx_desc_fetch_max",
        "40",
        "descriptors",
        "cited",
        ("niantic_tx_fetch",),
        "niantic_tx_fetch",
        source_name="desc_prefetch",
    ),
    Row(
        "tx_desc_prefetch",
        "32",
        "descriptors",
        "cited",
        ("ixgbe_tx_pthresh",),
        "ixgbe_tx_pthresh",
        source_name="desc_prefetch",
    ),
    Row("rx_desc_fetch_max", "1", "descriptors", "cited", ("niantic_rx_fetch",), "niantic_rx_fetch"),
    Row("rx_ring", "512", "descriptors", "cited", ("ixgbe_ring",), "ixgbe_ring", source_name="ring_rx"),
    Row("tx_ring", "512", "descriptors", "cited", ("ixgbe_ring",), "ixgbe_ring", source_name="ring_tx"),
    assumed("vf_rx_ring", "512", "descriptors", "as the PF"),
    assumed("vf_tx_ring", "512", "descriptors", "as the PF"),
    assumed("max_rx_pps", "0", "packet/s", "one port reaches line rate; what limits is the device", low="0", high="0"),
    assumed("max_tx_pps", "0", "packet/s", "one port reaches line rate; what limits is the device", low="0", high="0"),
    Row(
        "pktbuf_bytes",
        "524288",
        "B",
        "cited",
        ("ixgbe_packet_buffer",),
        "ixgbe_packet_buffer * 1024",
        note="512 KiB",
    ),
    Row(
        "max_device_pps",
        "24060000",
        "packet/s",
        "cited",
        ("x520_dualport",),
        "x520_dualport[0] * 10**6",
        source_name="max_pps_nic",
        note="both ports together, each direction",
    ),
    Row(
        "max_switch_pps",
        "7440476",
        "packet/s",
        "derived",
        ("wsm_sriov_dpdk",),
        "wsm_sriov_dpdk * 10**9 / 672",
        note="64 B forwarded from VF to VF; the switch and misses of the IOMMU's cache are blamed",
    ),
    assumed("rx_latency", "1000", "ns"),
    assumed("tx_latency", "1000", "ns"),
    Row(
        "loopback_bps",
        "20000000000",
        "bit/s",
        "cited",
        ("veb_82599_speed",),
        "veb_82599_speed * 10**9",
        source_name="veb_bw",
        note="low confidence",
    ),
    Row("max_vfs", "63", "VFs", "cited", ("dpdk_82599_vf",), "dpdk_82599_vf", source_name="vfs_per_port"),
    Row(
        "vf_queues",
        "4",
        "queue pairs",
        "cited",
        ("dpdk_82599_vf_rxq",),
        "dpdk_82599_vf_rxq",
        note="2 with more than 32 VFs",
    ),
    Row(
        "itr_default",
        "10",
        "us",
        "cited",
        ("ixgbe_itr_adaptive",),
        "ixgbe_itr_adaptive[0]",
        low="10",
        high="84",
        note="lower bound of the adaptive range: where low load settles",
    ),
    Row("itr_adaptive", "1", "bool", "cited", ("ixgbe_itr_usecs",), "1", note="default of the driver"),
    Row("itr_minimum", "2", "us", "cited", ("ixgbe_itr_usecs",), "ixgbe_itr_usecs[0]"),
    Row("itr_maximum", "1022", "us", "cited", ("ixgbe_itr_usecs",), "ixgbe_itr_usecs[1]"),
    Row("itr_granularity", "2", "us", "cited", ("ixgbe_itr_usecs",), "ixgbe_itr_usecs[0]", note=shared.STEP_NOTE),
    Row("rx_usecs", "1", "us", "cited", ("ixgbe_itr_usecs",), "1", note="1 stands for adaptive"),
    Row(
        "drop_enable",
        "0",
        "bool",
        "derived",
        ("ixgbe_drop_en",),
        "1 - ixgbe_drop_en",
        note="only with SR-IOV, or several queues and no flow control, which is on by default; DPDK sets none either",
    ),
    Row("drop_enable_sriov", "1", "bool", "cited", ("ixgbe_drop_en",), "ixgbe_drop_en"),
    assumed("mac_entries", "128", "entries"),
)


def build() -> Nic:
    """The NIC ``82599``."""
    return assemble_nic(
        "82599", "Intel 82599 (X520), 10 Gbit/s", "gap", ("82599",), ROWS, drivers.ixgbe(), drivers.ixgbevf()
    )
