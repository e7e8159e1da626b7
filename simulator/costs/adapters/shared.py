"""Rows that real NICs have in common: the bus, and what no source read gives for any of them.

*Scope*: Intel server adapters.
*Validation*: ``tests/unit/test_costs.py``.
"""

from __future__ import annotations

from simulator.costs.compose import Row, assumed
from simulator.costs.pcie import usable_rate_bps

UNMEASURED = (
    assumed("mps_bytes", "256", "B", "set by the platform", low="128", high="512"),
    assumed("mrrs_bytes", "512", "B", "set by the platform", low="128", high="4096"),
    assumed(
        "cpl_bytes",
        "256",
        "B",
        "completions as large as the payload limit; low: read completion boundary",
        low="64",
        high="256",
    ),
    assumed("pktbuf_bytes", "524288", "B"),
    assumed("switch_lat", "200", "ns"),
    assumed("max_device_pps", "0", "packet/s", "no limit read", low="0", high="0"),
    assumed("max_vf_pps", "0", "packet/s", "no limit read", low="0", high="0"),
    assumed("max_switch_pps", "0", "packet/s", "no limit read", low="0", high="0"),
    assumed("rx_writeback_group", "1", "descriptors", "one by one: no group read", low="1", high="4"),
    assumed("rx_writeback_interval", "0", "us", "no group, nothing to wait for", low="0", high="32"),
)

X710_WRITEBACK = (
    Row(
        "rx_desc_bytes",
        "16",
        "B",
        "cited",
        ("i40e_rx_desc",),
        "i40e_rx_desc[0]",
        low="16",
        high="32",
        source_name="desc_bytes",
        note="32 in older kernels and in DPDK unless built otherwise",
    ),
    Row("writeback_bytes", "16", "B", "cited", ("i40e_rx_desc",), "i40e_rx_desc[0]", low="16", high="32"),
    Row(
        "rx_writeback_group",
        "4",
        "descriptors",
        "derived",
        ("rx_cache_line", "i40e_rx_desc"),
        "rx_cache_line / i40e_rx_desc[0]",
        low="2",
        high="4",
        note="a cache line; two where descriptors are 32 B",
    ),
    Row("rx_writeback_interval", "32", "us", "cited", ("i40e_poll_interval",), "i40e_poll_interval", note="DPDK"),
)

STEP_NOTE = "interrupt gaps are multiples of it"


def bus(generation: int, lanes: int) -> tuple[Row, ...]:
    """Generation, width and usable rate. The width of a card is plain knowledge of the part, entered as assumed."""
    rate = str(usable_rate_bps(generation, lanes))
    readings = (
        "pcie_gts",
        "pcie_enc_12" if generation < 3 else "pcie_enc_345",
        "pcie_ack_symbols",
        "pcie_skip",
        "pcie_fc_ack_size",
    )
    check = "pcie_gen_tlp_x8" if lanes == 8 else "pcie_gen_tlp_x16"
    formula = f"usable_rate_bps({generation}, {lanes})"
    note = f"MPS 256; the pcie-bench model prints it as {check}"
    return (
        assumed("pcie_generation", str(generation), "generation", low=str(generation), high=str(generation)),
        assumed("pcie_lanes", str(lanes), "lanes", low=str(lanes), high=str(lanes)),
        Row("pcie_up_bps", rate, "bit/s", "derived", (*readings, check), formula, source_name="tlp_bw", note=note),
        Row("pcie_dn_bps", rate, "bit/s", "derived", (*readings, check), formula, source_name="tlp_bw", note=note),
    )
