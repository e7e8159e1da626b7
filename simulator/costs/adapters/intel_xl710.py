"""Intel XL710: 40 Gbit/s port of the same chip as the X710, PCIe Gen3 x8, 128 VFs.

*Scope*: one port; all that is not the rate of the port is the X710's.
*Validation*: values recomputed by ``tests/unit/test_costs.py``.
"""

from __future__ import annotations

from simulator.costs import drivers
from simulator.costs.adapters import intel_x710
from simulator.costs.assemble import assemble_nic
from simulator.costs.compose import assumed
from simulator.costs.model import Nic

_RATE = assumed("port_rate_bps", "40000000000", "bit/s", "by name of the part", low="40000000000", high="40000000000")


def build() -> Nic:
    """The NIC ``xl710``."""
    rows = (*intel_x710.ROWS, _RATE)
    families = ("x710", "iavf")
    return assemble_nic("xl710", "Intel XL710, 40 Gbit/s", "gap", families, rows, drivers.i40e(), drivers.iavf())
