"""What a datapath is to the rest of the simulator: its name, its steps, and a function that builds it for one guest.

*Scope*: datapaths are listed in `simulator.datapaths.DATAPATHS`; adding one is a module and a line there.
*Validation*: tests/unit/test_build_parts.py goes through the registry.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from simulator.parts.machine import Attachment, Machine
from simulator.parts.settings import GuestSettings
from simulator.parts.steps import Step

_BEST_FIRST = ("native", "posted", "apicv", "legacy")


@dataclass(frozen=True, slots=True)
class Datapath:
    """One way into a guest.

    `modes` are its interrupt modes, the first one the default; `steps(mode)` are in the packet's order, receive then
    send.
    """

    name: str
    title: str
    modes: tuple[str, ...]
    steps: Callable[[str], tuple[Step, ...]]
    build: Callable[[Machine, GuestSettings], Attachment]
    switch: str = "none"
    """The switch that carries its packets to and from the wire, or another one of its family."""
    function: bool = False
    """Whether each guest takes one of the adapter's virtual functions."""
    virtqueues: bool = False
    """Whether the guest drives virtqueues, which have settings of their own."""
    exclusive: bool = False
    """Whether the guest owns its adapter, so that no other one can use it."""

    on_host: bool = False
    """Whether its "guest" is processes of the host: no vCPUs, and the host's interrupts."""

    def best_mode(self, apicv: bool, posted_interrupts: bool) -> str:
        """The cheapest of its interrupt modes on a host with these capabilities."""
        missing = {"apicv": not apicv, "posted": not posted_interrupts}
        return next(mode for mode in _BEST_FIRST if mode in self.modes and not missing.get(mode))
