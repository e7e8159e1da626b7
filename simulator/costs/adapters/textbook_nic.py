"""The textbook NIC: a 10 Gbit/s port and a bus, engines and switch that take no time.

*Scope*: single-packet sums and statements about direction. It has no limit other than the wire and its rings.
*Validation*: ``tests/unit/test_costs.py``.
"""

from __future__ import annotations

from simulator.costs import drivers
from simulator.costs.assemble import assemble_nic
from simulator.costs.compose import assumed
from simulator.costs.model import Nic
from simulator.costs.names import NIC_FACTS

_VALUES = {
    "port_rate_bps": "10000000000",
    "mps_bytes": "256",
    "mrrs_bytes": "512",
    "cpl_bytes": "256",
    "max_reads": "32",
    "rx_desc_bytes": "16",
    "tx_desc_bytes": "16",
    "writeback_bytes": "16",
    "rx_writeback_group": "1",
    "tx_wthresh": "1",
    "tx_desc_fetch_max": "40",
    "rx_desc_fetch_max": "40",
    "rx_ring": "512",
    "tx_ring": "512",
    "vf_rx_ring": "512",
    "vf_tx_ring": "512",
    "pktbuf_bytes": "524288",
    "max_vfs": "64",
    "vf_queues": "4",
    "itr_maximum": "10000000000",
    "itr_granularity": "1",
    "drop_enable": "1",
    "drop_enable_sriov": "1",
    "mac_entries": "1024",
}
_ZERO_MEANS = "0: takes no time or is switched off"


def build() -> Nic:
    """The NIC ``textbook-nic``."""
    rows = [
        assumed(name, _VALUES.get(name, "0"), unit, "" if name in _VALUES else _ZERO_MEANS)
        for name, (unit, _) in NIC_FACTS.items()
    ]
    return assemble_nic(
        "textbook-nic", "Ideal NIC, 10 Gbit/s", "none", (), rows, drivers.fixed("textbook"), drivers.fixed("textbook")
    )
