"""The NIC's embedded switch: exact entries of (VLAN, MAC) for every guest, no learning.

1. From the wire: the guest's own queues by a hash of the flow; an unknown address has no port and is dropped.
2. From a guest: another guest of the same VLAN over the loopback (VEB), everything else to the wire; with `mode: vepa` all goes to
   the wire, and the switch outside sends back what is for a neighbour.

*Scope*: unicast. No broadcast, no mirror; frames with a false source address are dropped before they come here (`simulator.parts.nic`).
Rate limits and weights belong to the transmit engine. A port without virtual functions uses the same tables: there the
entries are those of its own filters.
*Validation*: tests/unit/test_build_parts.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from simulator.parts.nic import Member
from simulator.plan.model import NONE, Switch
from simulator.vswitches.model import Carrier

CARRIER = Carrier("embedded", "the adapter's embedded switch", "adapter")
SECOND_NAME = replace(CARRIER, name="nic-eswitch")
WIRE_PORT = 0
LOOPBACK_PORT = 1


def ingress(vlans: int, macs: int, members: Sequence[Member], prefix: str = "") -> Switch:
    """Table for frames that come in: each member has a port of the table."""
    ports = tuple((member.first, member.queues) for member in members)
    return Switch(f"{prefix}port.ingress", macs, _table(vlans, macs, members, range(len(members)), NONE), ports)


def egress(vlans: int, macs: int, members: Sequence[Member], prefix: str = "", *, reflected: bool = False) -> Switch:
    """Table for frames that guests send; `reflected` (VEPA): all of them to the wire."""
    to = [WIRE_PORT if reflected or member.outside else LOOPBACK_PORT for member in members]
    table = _table(vlans, macs, members, to, WIRE_PORT)
    return Switch(f"{prefix}port.egress", macs, table, ((0, 1), (1, 1)), default_port=WIRE_PORT)


def _table(vlans: int, macs: int, members: Sequence[Member], ports: Sequence[int], other: int) -> tuple[int, ...]:
    table = [other] * (vlans * macs)
    for member, port in zip(members, ports, strict=True):
        table[member.vlan * macs + member.mac] = port
    return tuple(table)
