"""Open vSwitch's datapath in the host's kernel, in place of the Linux bridge.

1. Whoever brings the frame extracts its flow and looks it up: the mask cache names the mask to try first.
2. Each further mask costs another hash; `switch: {masks: n}` says how many are tried in the mean, 1 with a cache that hits.

3. The first packet of a flow (traffic's `new_flows`) goes to a handler's thread in user space, which installs the flow and hands the
   packet back; its queue drops when it is full.

*Scope*: upcalls of packets towards guests; one handler. No revalidation, no expiry. Actions are one output.
*Validation*: tests/phenomena/test_polled_switch.py, tests/phenomena/test_upcalls.py.
"""

from __future__ import annotations

from simulator.vswitches.model import Carrier

CARRIER = Carrier(
    "ovs-kernel",
    "Open vSwitch in the host's kernel",
    "kernel",
    kernel_costs=("s_ovs_hit",),
    mask_costs=("s_ovs_mask",),
    upcall_costs=("s_upcall",),
)
