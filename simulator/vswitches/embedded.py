"""The NIC's embedded switch: exact entries of (VLAN, MAC) for every guest, no learning.

1. From the wire: the guest's own queues by a hash of the flow; an unknown address has no port and is dropped.
2. From a guest: another guest of the same VLAN over the loopback, everything else to the wire.

*Scope*: unicast. No broadcast, no mirror, no VEPA; anti-spoofing never drops, since the guests here tell the truth.
Rate limits and weights belong to the transmit engine. A port without virtual functions uses the same tables: there the
entries are those of its own filters.
*Validation*: tests/unit/test_build_parts.py.
"""

from __future__ import annotations

from collections.abc import Sequence

from simulator.plan.model import NONE, Switch

WIRE_PORT = 0
LOOPBACK_PORT = 1


def ingress(vlans: int, macs: int, members: Sequence[tuple[int, int, int]]) -> Switch:
    """Table for frames that come in; member k = (VLAN index, first queue, queues) has MAC k + 1."""
    ports = tuple((first, queues) for _, first, queues in members)
    return Switch("port.ingress", macs, _table(vlans, macs, members, range(len(members)), NONE), ports)


def egress(vlans: int, macs: int, members: Sequence[tuple[int, int, int]]) -> Switch:
    """Table for frames that guests send."""
    table = _table(vlans, macs, members, [LOOPBACK_PORT] * len(members), WIRE_PORT)
    return Switch("port.egress", macs, table, ((0, 1), (1, 1)), default_port=WIRE_PORT)


def _table(
    vlans: int, macs: int, members: Sequence[tuple[int, int, int]], ports: Sequence[int], other: int
) -> tuple[int, ...]:
    table = [other] * (vlans * macs)
    for mac, ((vlan, _, _), port) in enumerate(zip(members, ports, strict=True), start=1):
        table[vlan * macs + mac] = port
    return tuple(table)
