"""Open vSwitch with its flows in the adapter (switchdev): the embedded switch forwards what it knows, the host what it does not.

1. A packet of a known flow takes the embedded switch's way and costs the host nothing.
2. The first packet of a flow (traffic's `new_flows`) comes out at the host: driver, a look-up that misses, the handler's thread, which
   writes the flow into the adapter and sends the packet on to the function.

*Scope*: packets towards guests; the adapter's table holds all flows. The handler's time is that of the kernel's switch: what writing a flow
into an adapter takes was not read.
*Validation*: tests/phenomena/test_upcalls.py.
"""

from __future__ import annotations

from simulator.vswitches.model import Carrier

CARRIER = Carrier("hardware-offload", "Open vSwitch offloaded to the adapter", "adapter", upcall_costs=("s_upcall",))
