"""The Linux bridge: a table of (VLAN, MAC), looked up by whoever brings the frame.

1. From the wire, in the softirq of the host's driver: the tap queues of the guest behind the address; a frame for nobody
   here is dropped, since it would have to leave where it came from.
2. From a guest, in its backend's thread: another guest's tap queues, everything else to the host's NIC.

*Scope*: one bridge for each adapter. All addresses are known: no learning, no flooding, no broadcast. The bridge has no queue of
its own; what is full is the tap or the NIC's ring behind it. Its time, `s_bridge`, is in the worker that brings the
frame. Among the tap queues of a guest the flow's hash decides.
*Validation*: tests/unit/test_build_vhost.py, tests/phenomena/test_virtio.py.
"""

from __future__ import annotations

from collections.abc import Sequence

from simulator.plan.model import Switch
from simulator.vswitches.by_address import Member, inward, outward
from simulator.vswitches.model import Carrier

CARRIER = Carrier("linux-bridge", "Linux bridge in the host's kernel", "kernel", kernel_costs=("s_bridge",))

FROM_GUEST = "bridge.from_guest"


def from_wire(vlans: int, macs: int, members: Sequence[Member], prefix: str = "") -> Switch:
    """Table of the host's softirq, whose outputs are all taps."""
    return inward(f"{prefix}bridge.from_wire", vlans, macs, members)


def from_guest(vlans: int, macs: int, members: Sequence[Member], prefix: str = "") -> Switch:
    """Table of the backends, whose outputs are the NIC's ring and then all taps."""
    return outward(f"{prefix}{FROM_GUEST}", vlans, macs, members)
