"""NVIDIA ConnectX-5: a 100 Gbit/s port, PCIe Gen3 x16, up to 127 VFs by firmware.

*Scope*: one port at 100 Gbit/s.
*Validation*: values recomputed by ``tests/unit/test_costs.py``.
"""

from __future__ import annotations

from simulator.costs import drivers
from simulator.costs.adapters import connectx, shared
from simulator.costs.assemble import assemble_nic
from simulator.costs.model import Nic

_ROWS = (
    *connectx.ROWS,
    *shared.bus(3, 16),
    *connectx.latency("upper bound claimed for ConnectX-6", own=False),
    *connectx.rate(
        "115000000",
        ("cx5_pci_desc_compress", "cx5_csit_pps", "pci_limit_sameport"),
        "cx5_pci_desc_compress * 10**6",
        "received and dropped, completions compressed; low: sent out again by the same port; FD.io offers line rate",
        low="70000000",
        high="148809523",
    ),
)


def build() -> Nic:
    """The NIC ``connectx-5``."""
    families = ("mlx5", "connectx-5", "connectx")
    title = "NVIDIA ConnectX-5, 100 Gbit/s"
    return assemble_nic("connectx-5", title, "gap", families, _ROWS, drivers.mlx5(), drivers.mlx5())
