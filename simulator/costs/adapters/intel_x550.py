"""Intel X550, and the X552 of a Xeon D: 10 Gbit/s, 63 VFs, driven by ixgbe as the 82599 is.

*Scope*: one port. All but the packet buffer is the 82599's, its Gen2 x8 bus too, which carries what Gen3 x4 does within 2 %. The
X552, a device on the CPU's die, is taken for a card.
*Validation*: values recomputed by ``tests/unit/test_costs.py``.
"""

from __future__ import annotations

from simulator.costs import drivers
from simulator.costs.adapters import intel_82599
from simulator.costs.assemble import assemble_nic
from simulator.costs.compose import Row
from simulator.costs.model import Nic

_ROWS = (
    *intel_82599.ROWS,
    Row(
        "pktbuf_bytes",
        "393216",
        "B",
        "cited",
        ("ixgbe_packet_buffer_x540",),
        "ixgbe_packet_buffer_x540 * 1024",
        note="384 KiB, as the X540",
    ),
)


def build() -> Nic:
    """The NIC ``x550``."""
    families = ("x550", "82599")
    title = "Intel X550 and X552, 10 Gbit/s"
    return assemble_nic("x550", title, "gap", families, _ROWS, drivers.ixgbe(), drivers.ixgbevf())
