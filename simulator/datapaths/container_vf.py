"""A container with a virtual function of its own: the function is moved into the namespace, and the host's kernel drives it there.

1. The embedded switch finds the function of the address; its interrupt is one of the host's own, without a hypervisor.
2. Driver, stack and application are those of bare metal; in poll mode a DPDK process drives the function.

*Scope*: `simulator.datapaths.native`; what a namespace costs beyond another routing table is left out. No live migration, no filter of
the host.
*Validation*: tests/golden/test_further_paths.py.
"""

from __future__ import annotations

from simulator.datapaths import native
from simulator.datapaths.model import Datapath

DATAPATH = Datapath(
    "container-vf",
    "container with a virtual function",
    native.DATAPATH.modes,
    native.steps,
    native.build,
    switch="embedded",
    function=True,
    on_host=True,
)
