"""Where workers take packets from: a fifo, the driver's side of an rx ring, the device's side of a tx ring.

*Scope*: one common face for three queues, with what limits them.
*Validation*: the queues' own.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque

from simulator.engines.reference.clock.packets import Packet
from simulator.engines.reference.queues.fifo import Fifo
from simulator.engines.reference.queues.later import Moderator
from simulator.engines.reference.queues.rx_ring import RxRing
from simulator.engines.reference.queues.sides import Side
from simulator.engines.reference.queues.tx_ring import TxRing
from simulator.engines.reference.queues.world import Entity, World
from simulator.plan import model
from simulator.plan.model import NONE


class Input(ABC):
    """One queue that a worker drains."""

    moderator: Moderator | None = None
    gate: Side | None = None
    """The gate with which the worker asks to be woken."""
    completions: Side | None = None
    """What the worker publishes when it has finished packets of this input."""

    def __init__(self, data: model.Input, queue: Entity) -> None:
        self.data = data
        self.queue = queue
        self.weight = data.weight
        shapers = queue.world.shapers
        self.shaper = None if data.shaper == NONE else shapers[data.shaper]
        self.floor = None if data.floor == NONE else shapers[data.floor]

    @property
    @abstractmethod
    def visible(self) -> int:
        """Packets that may be taken."""

    @property
    @abstractmethod
    def head(self) -> Packet:
        """The packet that would be taken next."""

    @abstractmethod
    def take(self) -> Packet:
        """Take it."""


class FifoInput(Input):
    """The consumer's end of a fifo."""

    def __init__(self, data: model.Input, fifo: Fifo) -> None:
        super().__init__(data, fifo)
        self._fifo = fifo
        self.gate = fifo.side

    @property
    def visible(self) -> int:
        """Packets published and not popped."""
        return self._fifo.visible

    @property
    def head(self) -> Packet:
        """The first packet of the fifo."""
        return self._fifo.packets[0]

    def take(self) -> Packet:
        """Pop."""
        return self._fifo.pop()


class _RingInput(Input):
    _packets: deque[Packet]

    @property
    def head(self) -> Packet:
        return self._packets[0]


class RxInput(_RingInput):
    """The driver takes received packets; a NIC wakes it by interrupt, a backend by the used gate."""

    def __init__(self, data: model.Input, ring: RxRing) -> None:
        super().__init__(data, ring)
        self._ring = ring
        self._packets = ring.packets
        self.moderator = ring.moderator
        self.gate = None if ring.moderator or ring.data.remote else ring.used_side

    @property
    def visible(self) -> int:
        """Packets completed and not reaped."""
        return self._ring.visible

    def take(self) -> Packet:
        """Reap."""
        return self._ring.reap()


class TxInput(_RingInput):
    """The device takes packets to send."""

    def __init__(self, data: model.Input, ring: TxRing) -> None:
        super().__init__(data, ring)
        self._ring = ring
        self._packets = ring.packets
        if not ring.data.remote:
            self.gate = None if ring.moderator else ring.avail_side
            self.completions = ring.used_side

    @property
    def visible(self) -> int:
        """Packets posted, known to the device and not taken."""
        return self._ring.visible

    def take(self) -> Packet:
        """Take."""
        return self._ring.take()


def input_of(data: model.Input, world: World) -> Input:
    """The input that the plan describes."""
    if data.kind == "fifo":
        return FifoInput(data, world.fifos[data.index])
    ring = world.rings[data.index]
    return RxInput(data, ring) if isinstance(ring, RxRing) else TxInput(data, ring)
