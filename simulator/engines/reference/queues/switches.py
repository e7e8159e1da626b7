"""A forwarding table: from VLAN and destination to a port, from the flow to one of the port's queues.

*Scope*: known destinations and a default port; no learning, no flooding. *Validation*: conformance vectors of lookups.
"""

from __future__ import annotations

from simulator.engines.reference.clock.packets import Packet
from simulator.engines.reference.queues.world import Entity, World
from simulator.plan import model
from simulator.plan.model import NONE

HASH_FACTOR = 2654435761
"""Knuth's multiplicative hash; its upper 16 bits choose the queue."""


class Switch(Entity):
    """One table, consulted by a worker."""

    kind = "switch"

    def __init__(self, data: model.Switch, world: World) -> None:
        super().__init__(data.name, world)
        self._data = data
        self.table = list(data.table)

    def lookup(self, packet: Packet) -> int | None:
        """The index of the worker's output for ``packet``; None if it has nowhere to go."""
        port = self.table[packet.vlan * self._data.macs + packet.dst]
        if port == NONE:
            port = self._data.default_port
        if port == NONE:
            return None
        first, queues = self._data.ports[port]
        if packet.flow < 0:
            return first  # not hashed
        mixed = (packet.flow * HASH_FACTOR & 0xFFFF_FFFF) >> 16
        return first + (mixed * queues >> 16)
