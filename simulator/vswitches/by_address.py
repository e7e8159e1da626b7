"""The table of a software switch: (VLAN, MAC) to a guest's queues, everything else to the adapter.

*Scope*: known addresses. *Validation*: tests/unit/test_build_vhost.py.
"""

from __future__ import annotations

from collections.abc import Sequence

from simulator.plan.model import NONE, Switch

UPLINK_PORT = 0
Member = tuple[int, int, int, int]
"""MAC index, VLAN index, first queue, number of queues."""


def inward(name: str, vlans: int, macs: int, members: Sequence[Member]) -> Switch:
    """Table of who has the guests' queues as outputs and no adapter; an unknown address has no port."""
    ports = tuple((first, queues) for _, _, first, queues in members)
    return Switch(name, macs, _table(vlans, macs, members, NONE, 0), ports)


def outward(name: str, vlans: int, macs: int, members: Sequence[Member]) -> Switch:
    """Table of who has the adapter's ring as output and then the guests' queues."""
    queues = tuple((first + 1, count) for _, _, first, count in members)
    table = _table(vlans, macs, members, UPLINK_PORT, UPLINK_PORT + 1)
    return Switch(name, macs, table, ((0, 1), *queues), default_port=UPLINK_PORT)


def _table(vlans: int, macs: int, members: Sequence[Member], other: int, first_port: int) -> tuple[int, ...]:
    table = [other] * (vlans * macs)
    for number, (mac, vlan, _, _) in enumerate(members):
        table[vlan * macs + mac] = first_port + number
    return tuple(table)
