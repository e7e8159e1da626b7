"""Two adapters as one: which of them a frame takes, on its way out of the host and on its way back from the switch outside.

1. Both outputs stand in a row three times: first, second, first again. So a port of a table can mean the first alone, the second
   alone, or both by the flow's hash, beginning with either.
2. ``active-backup``: all take the first. ``layer2``: by the parity of both addresses. ``layer3+4``: by flow, and by that parity which of
   the two comes first: guests with one flow each are spread too.
3. Who loses its link is left out by the event that moves the entries of the tables (`moved`).

*Scope*: Linux's bonding; what it takes per frame is not known and left out. An address is a number, so its parity stands for the
driver's XOR of octets. *Validation*: tests/phenomena/test_network.py.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

from simulator.plan.model import Switch

PORTS = ((0, 1), (1, 1), (0, 2), (1, 2))
"""The ports of a table, from the first of both outputs on."""
FIRST, SECOND, BOTH = 0, 1, 2
"""Which adapters have a link; the first two are ports as well."""
OUTPUTS = 3
UPLINK_PORT = 0
Item = TypeVar("Item")


def both(first: Item, second: Item) -> tuple[Item, ...]:
    """The outputs of a bond, in the order that its ports need."""
    return (first, second, first)


def port_of(kind: str, parity: int) -> int:
    """The port for frames between two addresses, while both links are up."""
    return {"active-backup": FIRST, "layer2": parity, "layer3+4": BOTH + parity}[kind]


def moved(port: int, up: int) -> int:
    """The port in place of `port` when the adapters `up` are used."""
    return port if up == BOTH else up


def tables(kind: str) -> range:
    """Parities of a sender's own address that make a difference."""
    return range(1 if kind in ("", "active-backup") else 2)


def spread(switch: Switch, kind: str, own: int) -> Switch:
    """The table of a host's switch with a bond in place of the adapter, for guests whose address has the parity `own`."""
    behind = tuple((first + OUTPUTS - 1, queues) for first, queues in switch.ports[1:])
    table = tuple(
        port_of(kind, (own + number % switch.macs) % 2) if port == UPLINK_PORT else port + len(PORTS) - 1
        for number, port in enumerate(switch.table)
    )
    default = port_of(kind, 0)
    return replace(switch, name=f"{switch.name}{own}", table=table, ports=(*PORTS, *behind), default_port=default)
