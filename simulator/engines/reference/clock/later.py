"""What a packet asks of rings and sources, which are defined after it.

*Scope*: protocols. *Validation*: mypy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from simulator.plan import model

if TYPE_CHECKING:
    from simulator.engines.reference.clock.packets import Packet


class Source(Protocol):
    """What a packet asks of who has sent it, and who receives the packet through it."""

    @property
    def data(self) -> model.Source:
        """How answers are addressed."""

    @property
    def received(self) -> int:
        """Data packets of this source that were delivered anywhere."""

    def response_arrived(self, packet: Packet) -> None:
        """A response has found its way back."""

    def ack_arrived(self, packet: Packet) -> None:
        """An acknowledgement has found its way back."""

    def data_received(self) -> None:
        """One of its data packets was delivered."""

    def misses_before(self, packet: Packet) -> bool:
        """Whether packets before ``packet`` are missing that it was not sent in place of."""
        ...

    def data_came(self, packet: Packet) -> None:
        """``packet`` has come to whoever may acknowledge it."""


class Addresses(Protocol):
    """Where packet buffers lie, one after the other."""

    def next(self, count: int) -> int:
        """The address of the next, of ``count`` that are taken."""
        ...


class TxRing(Protocol):
    """What a packet asks of the ring whose descriptors it holds."""

    @property
    def data(self) -> model.DescRing:
        """Whose memory it is in."""

    @property
    def packet_buffers(self) -> Addresses | None:
        """Where its buffers lie, if they are translated."""

    def finish(self, packet: Packet, *, at_once: bool) -> None:
        """The device is done with ``packet``."""
