"""What a switch is to the rest of the simulator: its name, its family, and what a packet costs in it.

Families: ``adapter`` (in the NIC, no CPU), ``kernel`` (in whoever brings the frame, behind taps), ``user`` (threads of its own
that poll). A path needs a switch of its family; which one is the scenario's choice.

*Scope*: a switch is one module here and a line in ``simulator.vswitches.SWITCHES``; it knows no datapath.
*Validation*: tests/phenomena/test_polled_switch.py.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from simulator.parts.settings import PolledSwitch


@dataclass(frozen=True, slots=True)
class Flows:
    """What a flow table meets: flows at a time, packets in a million that begin one, whether signatures are cached too, the
    entries of the table that the flows need, and whether a burst's packets to one port are sent together."""

    count: int = 1
    new_ppm: int = 0
    signatures: bool = False
    entries: int = 1
    batched: bool = True


@dataclass(frozen=True, slots=True)
class Carrier:
    """One switch. `with_flows` makes the polled switch for so many flows; `mask_costs` and `extension_costs`
    are paid for each mask of a flow table that is tried and each extension that is passed."""

    name: str
    title: str
    family: str
    kernel_costs: tuple[str, ...] = ()
    mask_costs: tuple[str, ...] = ()
    extension_costs: tuple[str, ...] = ()
    upcall_costs: tuple[str, ...] = ()
    """What the handler of the first packet of a flow spends; empty: no flow table that has to be filled."""
    polled: PolledSwitch | None = None
    with_flows: Callable[[PolledSwitch, Flows], PolledSwitch] | None = None

    def kernel(self, masks: int = 1, extensions: int = 0) -> tuple[str, ...]:
        """Costs of a frame in the kernel."""
        return (*self.kernel_costs, *self.mask_costs * masks, *self.extension_costs * extensions)

    def threads(self, flows: Flows) -> PolledSwitch:
        """What its threads spend with these flows."""
        made = self.polled or PolledSwitch()
        return replace(self.with_flows(made, flows) if self.with_flows else made, name=self.name)
