"""Intel X710: 10 Gbit/s port of the XL710 family, PCIe Gen3 x8, 128 VFs.

*Scope*: one port; a multiple of its rate stands for several ports of one device. The XL710 of the same family, with ports of 40
Gbit/s and the same limit of 18.75 Mpps, is ``intel_xl710``.
*Validation*: values recomputed by ``tests/unit/test_costs.py``.
"""

from __future__ import annotations

from simulator.costs import drivers
from simulator.costs.adapters import shared
from simulator.costs.assemble import assemble_nic
from simulator.costs.compose import Row, assumed
from simulator.costs.model import Nic

ROWS = (
    assumed(
        "port_rate_bps",
        "10000000000",
        "bit/s",
        "by name of the part; 40 Gbit/s on XL710",
        low="10000000000",
        high="40000000000",
    ),
    *shared.bus(3, 8),
    *shared.UNMEASURED,
    assumed("max_reads", "64", "reads"),
    *shared.X710_WRITEBACK,
    assumed("tx_desc_bytes", "16", "B", low="16", high="16"),
    assumed("tx_wthresh", "8", "descriptors", "as the 82599"),
    assumed("tx_desc_fetch_max", "40", "descriptors", "as the 82599"),
    assumed("tx_desc_prefetch", "32", "descriptors", "as the 82599; DPDK sets 32 for both"),
    assumed("rx_desc_fetch_max", "8", "descriptors"),
    Row("rx_ring", "512", "descriptors", "cited", ("i40e_ring",), "i40e_ring", source_name="ring_rx"),
    Row("tx_ring", "512", "descriptors", "cited", ("i40e_ring",), "i40e_ring", source_name="ring_tx"),
    Row("vf_rx_ring", "512", "descriptors", "cited", ("iavf_ring",), "iavf_ring"),
    Row("vf_tx_ring", "512", "descriptors", "cited", ("iavf_ring",), "iavf_ring"),
    Row(
        "max_rx_pps",
        "18750000",
        "packet/s",
        "cited",
        ("xl710_cap",),
        "xl710_cap[0] * 10**6",
        source_name="max_pps_nic",
        note="per port",
    ),
    Row(
        "max_tx_pps",
        "18750000",
        "packet/s",
        "cited",
        ("xl710_cap",),
        "xl710_cap[0] * 10**6",
        source_name="max_pps_nic",
        note="per port",
    ),
    Row(
        "max_device_pps",
        "37000000",
        "packet/s",
        "cited",
        ("xl710_device_pps",),
        "xl710_device_pps",
        note="frames below 160 B",
    ),
    Row(
        "pktbuf_bytes",
        "484000",
        "B",
        "derived",
        ("i40e_packet_buffer",),
        "i40e_packet_buffer / 2",
        low="242000",
        high="968000",
        note="half of the device's: two ports",
    ),
    assumed("rx_latency", "1000", "ns"),
    assumed("tx_latency", "1000", "ns"),
    Row(
        "loopback_bps",
        "40000000000",
        "bit/s",
        "assumed",
        ("xl710_pcie_cap",),
        low="20000000000",
        high="50000000000",
        source_name="veb_bw",
        note="below the 50 Gbit/s that the vendor gives for its PCIe side",
    ),
    Row(
        "max_vfs",
        "128",
        "VFs",
        "cited",
        ("dpdk_x710_vf",),
        "dpdk_x710_vf",
        source_name="vfs_per_port",
        note="per device",
    ),
    Row("vf_queues", "4", "queue pairs", "cited", ("dpdk_x710_vfq",), "dpdk_x710_vfq[0]", low="4", high="16"),
    Row("itr_default", "50", "us", "cited", ("i40e_itr_def",), "i40e_itr_def"),
    Row("itr_adaptive", "1", "bool", "cited", ("i40e_itr_def",), "1", note="dynamic flag set"),
    Row("itr_minimum", "2", "us", "cited", ("i40e_itr_max",), "2", note="one step"),
    Row("itr_maximum", "8160", "us", "cited", ("i40e_itr_max",), "i40e_itr_max"),
    Row("itr_granularity", "2", "us", "cited", ("i40e_itr_max",), "2", note=shared.STEP_NOTE),
    Row("rx_usecs", "50", "us", "cited", ("i40e_itr_def",), "i40e_itr_def"),
    assumed("drop_enable", "1", "bool", "no setting: it counts what it drops for want of a descriptor"),
    assumed("drop_enable_sriov", "1", "bool", "as the 82599"),
    assumed("mac_entries", "1536", "entries"),
)


def build() -> Nic:
    """The NIC ``x710``."""
    return assemble_nic("x710", "Intel X710, 10 Gbit/s", "gap", ("x710", "iavf"), ROWS, drivers.i40e(), drivers.iavf())
