"""What processors ask of interrupts and workers, which are defined after them.

*Scope*: protocols. *Validation*: mypy.
"""

from __future__ import annotations

from typing import Protocol

from simulator.engines.reference.cpu.jobs import Job
from simulator.engines.reference.queues import later


class Worker(Protocol):
    """Software that has its turn."""

    @property
    def job(self) -> Job:
        """What it has to do next."""


class Moderator(later.Moderator, Protocol):
    """A vector that an access may unmask."""

    def rearm(self) -> bool:
        """The vector may fire again; return whether somebody has to signal the interrupt now."""
