"""What queues ask of interrupts, workers and ends, which are defined after them.

*Scope*: protocols. *Validation*: mypy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

from simulator.engines.reference.bus import later
from simulator.engines.reference.clock.packets import Packet
from simulator.plan import model

if TYPE_CHECKING:
    from simulator.engines.reference.queues.world import Entity


class Worker(Protocol):
    """Who is told, woken, or waits for room."""

    def wake(self) -> None:
        """There may be work."""

    def resume(self) -> None:
        """There may be room."""

    @property
    def waker_ps(self) -> int:
        """Work of whoever wakes it now."""

    def tell(self, queue: Entity) -> None:
        """Something has become visible in ``queue``."""


class Route(Protocol):
    """The way of an interrupt."""

    def signal(self) -> None:
        """The interrupt is raised now."""

    def raise_at_once(self, *, inside: bool = False) -> None:
        """The model of an emulated device raises it."""

    @property
    def waker_ps(self) -> int:
        """Work of the thread that signals it now."""


class Moderator(Protocol):
    """A vector that completions of a ring are counted on."""

    @property
    def data(self) -> model.Moderator:
        """What the plan says of it."""

    @property
    def last_ps(self) -> int:
        """When it last fired."""

    @property
    def route(self) -> Route:
        """Where its interrupts go."""

    def event(self, count: int, *, sent: bool = False) -> None:
        """``count`` completions, of ``sent`` packets or of received ones, have been handed to the bus."""

    def observe(self, packets: int, size_bytes: int, *, sent: bool) -> None:
        """The driver has seen so many packets."""

    def acknowledge(self) -> None:
        """The driver has read why it was interrupted."""

    def unmask(self, *, reaps: bool) -> None:
        """The driver, which ``reaps`` sent packets too or does not, lets the vector fire again."""


@runtime_checkable
class Decides(Protocol):
    """Who may decide for a gate."""

    def signal(self, count: int) -> bool:
        """``count`` completions have been shown to the driver; return whether that fires."""


class SoftwareModerator(Moderator, Decides, Protocol):
    """The vector of an emulated device."""


class Sink(later.Sink, Protocol):
    """Where packets end."""

    def receive(self, packet: Packet) -> None:
        """Record the data ``packet`` and keep it alive."""
