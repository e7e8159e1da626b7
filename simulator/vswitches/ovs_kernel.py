"""Open vSwitch's datapath in the host's kernel, in place of the Linux bridge.

1. Whoever brings the frame extracts its flow and looks it up: the mask cache names the mask to try first.
2. Each further mask costs another hash; `switch: {masks: n}` says how many are tried in the mean, 1 with a cache that hits.

*Scope*: all flows are installed: no upcalls, no revalidation. Actions are one output.
*Validation*: tests/phenomena/test_polled_switch.py.
"""

from __future__ import annotations

from simulator.vswitches.model import Carrier

CARRIER = Carrier(
    "ovs-kernel", "Open vSwitch in the host's kernel", "kernel", kernel_costs=("s_ovs_hit",), mask_costs=("s_ovs_mask",)
)
