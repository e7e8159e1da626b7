"""Intel E810: 100 Gbit/s, PCIe Gen4 x16, 256 VFs.

*Scope*: one port. Its packet rate is the highest load of a test laboratory; for its latency a ConnectX-6 claim stands
in.
*Validation*: values recomputed by ``tests/unit/test_costs.py``.
"""

from __future__ import annotations

from simulator.costs import drivers
from simulator.costs.adapters import shared
from simulator.costs.assemble import assemble_nic
from simulator.costs.compose import Row, assumed
from simulator.costs.model import Nic

_OTHER_VENDOR = "upper bound claimed for ConnectX-6"

_ROWS = (
    assumed("port_rate_bps", "100000000000", "bit/s", "by name of the part", low="100000000000", high="100000000000"),
    *shared.bus(4, 16),
    *shared.UNMEASURED,
    assumed("max_reads", "256", "reads"),
    assumed("rx_desc_bytes", "32", "B", low="16", high="32"),
    assumed("tx_desc_bytes", "16", "B", low="16", high="16"),
    assumed("writeback_bytes", "32", "B", "one descriptor per packet", low="16", high="32"),
    assumed("tx_wthresh", "8", "descriptors", "as the 82599"),
    assumed("tx_desc_fetch_max", "64", "descriptors"),
    assumed("tx_desc_prefetch", "32", "descriptors", "as the 82599; DPDK sets 32 for both"),
    assumed("rx_desc_fetch_max", "8", "descriptors"),
    Row(
        "rx_ring",
        "2048",
        "descriptors",
        "cited",
        ("ice_ring_rx",),
        "ice_ring_rx",
        low="512",
        high="2048",
        source_name="ring_rx",
        note="512 in some builds",
    ),
    Row("tx_ring", "256", "descriptors", "cited", ("ice_ring_tx",), "ice_ring_tx", source_name="ring_tx"),
    Row("vf_rx_ring", "512", "descriptors", "cited", ("iavf_ring",), "iavf_ring"),
    Row("vf_tx_ring", "512", "descriptors", "cited", ("iavf_ring",), "iavf_ring"),
    *(
        Row(
            name,
            "58500000",
            "packet/s",
            "derived",
            ("e810_csit_pps", "budget_100g"),
            "e810_csit_pps",
            high="148809523",
            source_name="max_pps_nic",
            note="the load that a test laboratory offers at most; no vendor figure; high: line rate",
        )
        for name in ("max_rx_pps", "max_tx_pps")
    ),
    Row(
        "rx_latency",
        "0.6",
        "us",
        "borrowed",
        ("cx6_latency",),
        "cx6_latency[0]",
        low="0.6",
        high="0.8",
        source_name="nic_hw_latency",
        note=_OTHER_VENDOR,
    ),
    Row(
        "tx_latency",
        "0.6",
        "us",
        "borrowed",
        ("cx6_latency",),
        "cx6_latency[0]",
        low="0.6",
        high="0.8",
        source_name="nic_hw_latency",
        note=_OTHER_VENDOR,
    ),
    assumed("loopback_bps", "100000000000", "bit/s"),
    Row("max_vfs", "256", "VFs", "cited", ("ice_maxvf",), "ice_maxvf", source_name="vfs_per_port", note="per device"),
    Row("vf_queues", "16", "queue pairs", "cited", ("ice_vf_qs",), "ice_vf_qs"),
    Row("itr_default", "50", "us", "cited", ("ice_itr_def",), "ice_itr_def"),
    assumed("itr_adaptive", "1", "bool", "as i40e"),
    Row("itr_minimum", "2", "us", "cited", ("ice_itr_def",), "2", note="one step"),
    Row("itr_maximum", "8160", "us", "cited", ("ice_itr_def",), "8160"),
    Row("itr_granularity", "2", "us", "cited", ("ice_itr_def",), "2", note=shared.STEP_NOTE),
    Row("rx_usecs", "50", "us", "cited", ("ice_itr_def",), "ice_itr_def"),
    assumed("drop_enable", "1", "bool", "no setting: it counts what it drops for want of a descriptor"),
    assumed("drop_enable_sriov", "1", "bool", "as the 82599"),
    assumed("mac_entries", "1536", "entries"),
)


def build() -> Nic:
    """The NIC ``e810``."""
    return assemble_nic("e810", "Intel E810, 100 Gbit/s", "gap", ("e810", "iavf"), _ROWS, drivers.ice(), drivers.iavf())
