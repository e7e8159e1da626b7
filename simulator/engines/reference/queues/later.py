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

    def tell(self, queue: Entity) -> None:
        """Something has become visible in ``queue``."""


class Route(Protocol):
    """The way of an interrupt."""

    def signal(self) -> None:
        """The interrupt is raised now."""

    def raise_at_once(self, *, inside: bool = False) -> None:
        """The model of an emulated device raises it."""


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

    def event(self, count: int) -> None:
        """``count`` completions have been handed to the bus."""

    def acknowledge(self) -> None:
        """The driver has read why it was interrupted."""

    def unmask(self) -> None:
        """The driver writes to the device that the vector may fire again."""


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
