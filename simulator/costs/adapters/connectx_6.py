"""NVIDIA ConnectX-6: a 100 Gbit/s port, PCIe Gen4 x16, up to 127 VFs by firmware.

*Scope*: one port at 100 Gbit/s.
*Validation*: values recomputed by ``tests/unit/test_costs.py``.
"""

from __future__ import annotations

from simulator.costs import drivers
from simulator.costs.adapters import connectx, shared
from simulator.costs.assemble import assemble_nic
from simulator.costs.compose import Row
from simulator.costs.model import Nic

_ROWS = (
    *connectx.ROWS,
    *shared.bus(4, 16),
    *connectx.latency("upper bound claimed by the vendor", own=True),
    *connectx.rate("148809523", ("budget_100g", "cx6_mpps"), "budget_100g[2]", "line rate of 64 B frames at 100G"),
    Row(
        "max_device_pps",
        "215000000",
        "packet/s",
        "cited",
        ("cx6_mpps",),
        "cx6_mpps * 10**6",
        note="messages, claimed by the vendor",
    ),
)


def build() -> Nic:
    """The NIC ``connectx-6``."""
    families = ("mlx5", "connectx-6", "connectx")
    title = "NVIDIA ConnectX-6, 100 Gbit/s"
    return assemble_nic("connectx-6", title, "gap", families, _ROWS, drivers.mlx5(), drivers.mlx5())
