"""What ConnectX adapters have in common: rings and completions of mlx5, VFs by firmware.

*Scope*: Ethernet, one port; completions one by one, as the kernel leaves them. Latency, tags, packet buffer and switch
are assumed.
*Validation*: values recomputed by ``tests/unit/test_costs.py``.
"""

from __future__ import annotations

from simulator.costs.adapters import shared
from simulator.costs.compose import Row, assumed

ROWS = (
    *shared.UNMEASURED,
    assumed("port_rate_bps", "100000000000", "bit/s", "by name of the part", low="100000000000", high="100000000000"),
    assumed("max_reads", "256", "reads"),
    assumed("rx_desc_bytes", "16", "B", "one data segment", low="16", high="64"),
    assumed("tx_desc_bytes", "64", "B", "one basic block: control, Ethernet and data segments", low="64", high="192"),
    Row(
        "writeback_bytes",
        "64",
        "B",
        "cited",
        ("mlx5_cqe",),
        "mlx5_cqe[0]",
        low="8",
        high="64",
        note="one entry per packet",
    ),
    assumed(
        "tx_wthresh", "1", "descriptors", "an entry per packet, or per batch with one doorbell", low="1", high="64"
    ),
    assumed("tx_desc_fetch_max", "64", "descriptors"),
    assumed("tx_desc_prefetch", "32", "descriptors", "as the 82599"),
    assumed("rx_desc_fetch_max", "8", "descriptors"),
    *(
        Row(name, "1024", "descriptors", "cited", ("mlx5_sq", "mlx5_rq_log"), f"mlx5_sq[{place}]", source_name="ring")
        for name, place in (("rx_ring", 1), ("tx_ring", 0), ("vf_rx_ring", 1), ("vf_tx_ring", 0))
    ),
    assumed("loopback_bps", "100000000000", "bit/s"),
    Row(
        "max_vfs",
        "127",
        "VFs",
        "cited",
        ("cx_vf_127",),
        "cx_vf_127",
        low="8",
        high="127",
        source_name="vfs_per_port",
        note="at most; cards are shipped with 8 or 16 by firmware",
    ),
    assumed("vf_queues", "16", "queue pairs", "as many as the guest has vCPUs, up to the firmware's"),
    Row("itr_default", "8", "us", "cited", ("dim_rx_cqe",), "dim_rx_cqe[1]", note="start profile of DIM, cqe"),
    Row("itr_adaptive", "1", "bool", "cited", ("dim_rx_cqe",), "1", note="DIM, where the firmware supports it"),
    assumed("itr_minimum", "1", "us", "one step", low="1", high="1"),
    assumed("itr_maximum", "4095", "us", "12 bits", low="4095", high="4095"),
    assumed("itr_granularity", "1", "us", shared.STEP_NOTE, low="1", high="1"),
    Row("rx_usecs", "8", "us", "cited", ("dim_rx_cqe",), "dim_rx_cqe[1]"),
    assumed("drop_enable", "1", "bool", "no setting: it counts what it drops for want of a descriptor"),
    assumed("drop_enable_sriov", "1", "bool", "as the 82599"),
    assumed("mac_entries", "1024", "entries"),
)


def latency(note: str, own: bool) -> tuple[Row, ...]:
    """Port to host, claimed for ConnectX-6."""
    return tuple(
        Row(
            name,
            "0.6",
            "us",
            "cited" if own else "borrowed",
            ("cx6_latency",),
            "cx6_latency[0]",
            low="0.6",
            high="0.8",
            source_name="nic_hw_latency",
            note=note,
        )
        for name in ("rx_latency", "tx_latency")
    )


def rate(pps: str, used: tuple[str, ...], formula: str, note: str, low: str = "", high: str = "") -> tuple[Row, ...]:
    """Packet rate of a port in each direction."""
    return tuple(
        Row(name, pps, "packet/s", "cited", used, formula, low=low, high=high, source_name="max_pps_nic", note=note)
        for name in ("max_rx_pps", "max_tx_pps")
    )
