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

from simulator.plan.model import NONE, Switch

UPLINK_PORT = 0
Member = tuple[int, int, int, int]
"""MAC index, VLAN index, first tap, number of tap queues."""


def from_wire(vlans: int, macs: int, members: Sequence[Member], prefix: str = "") -> Switch:
    """Table of the host's softirq, whose outputs are all taps."""
    ports = tuple((first, queues) for _, _, first, queues in members)
    return Switch(f"{prefix}bridge.from_wire", macs, _table(vlans, macs, members, NONE, 0), ports)


def from_guest(vlans: int, macs: int, members: Sequence[Member], prefix: str = "") -> Switch:
    """Table of the backends, whose outputs are the NIC's ring and then all taps."""
    taps = tuple((first + 1, queues) for _, _, first, queues in members)
    table = _table(vlans, macs, members, UPLINK_PORT, UPLINK_PORT + 1)
    return Switch(f"{prefix}bridge.from_guest", macs, table, ((0, 1), *taps), default_port=UPLINK_PORT)


def _table(vlans: int, macs: int, members: Sequence[Member], other: int, first_port: int) -> tuple[int, ...]:
    table = [other] * (vlans * macs)
    for number, (mac, vlan, _, _) in enumerate(members):
        table[vlan * macs + mac] = first_port + number
    return tuple(table)
