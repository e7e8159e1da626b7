"""What the bus asks of queues, interrupts and ends, which are defined after it.

*Scope*: protocols. *Validation*: mypy.
"""

from __future__ import annotations

from typing import Protocol

from simulator.engines.reference.clock.later import Addresses
from simulator.engines.reference.clock.packets import Packet
from simulator.plan import model


class Fifo(Protocol):
    """Where packets may arrive."""

    def push_and_publish(self, packet: Packet, *, reserved: bool = False) -> None:
        """Push for a producer that is no software: visible at once."""


class Sink(Protocol):
    """Where packets end."""

    def deliver(self, packet: Packet) -> None:
        """``packet`` has come to its end here."""


class Side(Protocol):
    """What a device shows its driver."""

    def publish_at_once(self) -> None:
        """Publish for a producer that is no software."""


class DescRing(Protocol):
    """A ring in host memory."""

    def doorbell_arrived(self, index: int) -> None:
        """The device learns the driver's index."""


class RxRing(DescRing, Protocol):
    """Where received packets are written."""

    @property
    def data(self) -> model.DescRing:
        """Bytes of a completion."""

    @property
    def packet_buffers(self) -> Addresses | None:
        """Where its buffers lie, if they are translated."""

    @property
    def used_side(self) -> Side:
        """What the device has completed."""

    def complete(self, packet: Packet) -> None:
        """``packet`` is in memory."""


class TxRing(DescRing, Protocol):
    """Where packets to send are read."""

    @property
    def used_side(self) -> Side:
        """What the device has completed."""

    def fetch_arrived(self, count: int) -> None:
        """``count`` descriptors have been read."""

    def write_back_arrived(self, group: tuple[int, ...]) -> None:
        """The completions of ``group`` are in memory."""


class Route(Protocol):
    """The way of an interrupt."""

    def signal(self) -> None:
        """The interrupt is raised now."""


class Moderator(Protocol):
    """A vector of a device."""

    @property
    def route(self) -> Route:
        """Where its messages go."""

    def rearm(self) -> bool:
        """The vector may fire again."""
