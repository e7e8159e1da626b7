"""The hosts under construction: one plan builder, the cores and adapters of each host, and the guests that were attached to them.

A part that builds for one guest sees the machine `at` that guest's adapter: the same machine, whose host, cores, `port` and `uplink`
are those of this adapter.

*Scope*: each adapter has one port.
*Validation*: tests/unit/test_build_parts.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from simulator.parts.cpu import Cpus
from simulator.parts.nic import Addresses, Port, QueuePair, add_port
from simulator.parts.settings import HostSettings, PortSettings, SwitchSettings
from simulator.parts.stages import STAGES
from simulator.plan.builder import PlanBuilder
from simulator.plan.model import NONE, Input, Output


@dataclass(slots=True)
class Attachment:
    """What traffic needs of an attached guest.

    Its MAC index, the fifo its application sends from (-1: it does not send), its sink, its adapter's port, and where the far
    end records what it sends (-1: in its own sink).
    """

    mac: int
    send: int
    sink: int
    port: Port
    sent: int = NONE
    alias: int = NONE
    """MAC index of its packets that begin a flow; -1: they are like the others."""


@dataclass(frozen=True, slots=True)
class Lane:
    """One queue of the host's own driver: its place among the port's receivers, its rings and its softirq worker; of a bond the queue of
    the other adapter beside it."""

    receiver: int
    pair: QueuePair
    worker: int
    twin: Lane | None = None


@dataclass(slots=True)
class Uplink:
    """What a software switch has on both sides: the host's queues on the port and the guests' tap queues.

    `bundles` are lanes that were opened together, by the costs of what is behind the driver; `members` are (MAC index, VLAN
    index, first tap, queues); `senders` are workers that send into the switch, each with the lane whose transmit ring it
    uses, what a frame for the NIC and one for a neighbour take there, and its guest's MAC index. `opened`: how many bundles were given
    out, from 0.
    """

    bundles: dict[tuple[str, ...], list[tuple[Lane, ...]]] = field(default_factory=dict)
    taps: list[int] = field(default_factory=list)
    members: list[tuple[int, int, int, int]] = field(default_factory=list)
    senders: list[tuple[int, Lane, int, int, int]] = field(default_factory=list)
    opened: dict[tuple[str, ...], int] = field(default_factory=dict)
    outward: set[int] = field(default_factory=set)
    """Senders whose frames all go to the wire."""
    merges: bool = False
    """Whether the host's driver merges frames of bulk flows (GRO)."""


@dataclass(slots=True)
class Pmd:
    """One thread of a polled switch: its worker, its thread, the queue pair of the adapter that it polls, and the rings of guests."""

    worker: int
    thread: int
    pair: QueuePair
    rings: list[Input] = field(default_factory=list)


@dataclass(slots=True)
class Polled:
    """A polled switch: its threads, the rings that it fills, and (MAC index, VLAN index, first ring, queues) of its guests."""

    pmds: list[Pmd] = field(default_factory=list)
    filled: list[Output] = field(default_factory=list)
    members: list[tuple[int, int, int, int]] = field(default_factory=list)
    first: int = 0
    """Of its queues among the port's receivers."""


@dataclass(slots=True)
class Slot:
    """An adapter in its host: the port, the switches in front of it, the host's settings and cores. `twin`: the adapter that is bonded
    to it."""

    port: Port
    host: HostSettings
    cpus: Cpus
    switch: SwitchSettings
    uplink: Uplink = field(default_factory=Uplink)
    polled: Polled = field(default_factory=Polled)
    twin: Port | None = None


@dataclass(slots=True)
class Machine:
    """Everything a datapath builds into."""

    builder: PlanBuilder
    host: HostSettings
    cpus: Cpus
    port: Port
    uplink: Uplink = field(default_factory=Uplink)
    attached: dict[str, Attachment] = field(default_factory=dict)
    switch: SwitchSettings = field(default_factory=SwitchSettings)
    polled: Polled = field(default_factory=Polled)
    shared: dict[str, list[int]] = field(default_factory=dict)
    """What both interfaces of a guest use, by its name and what it is: executors or threads."""
    forwarders: dict[str, list[tuple[int, int]]] = field(default_factory=dict)
    """Interface -> (worker that forwards what comes in by a queue, transmit ring of that queue)."""
    adapters: tuple[Slot, ...] = ()
    twin: Port | None = None
    """The adapter that is bonded to `port`."""

    def at(self, adapter: int) -> Machine:
        """The machine as a guest of that adapter sees it."""
        slot = self.adapters[adapter]
        own = {name: getattr(slot, name) for name in ("port", "host", "cpus", "switch", "uplink", "polled", "twin")}
        return replace(self, **own)


def add_machine(
    host: HostSettings,
    ports: Sequence[PortSettings],
    switch: SwitchSettings,
    *,
    vlans: tuple[int, ...] = (0,),
    guests: int,
    further: Sequence[tuple[HostSettings, SwitchSettings]] = (),
) -> Machine:
    """Empty hosts with open ports; `vlans` are the VLAN identifiers in use, `guests` how many will be attached, `further` the hosts
    beside the first.

    All stages are declared, in the packet's order, so that the stage tables of two paths have the same rows. Addresses are
    numbered over all adapters.
    """
    builder = PlanBuilder()
    for stage in STAGES:
        builder.stage(stage)
    addresses = Addresses(guests)
    hosts = [(own, Cpus(builder, own), carried) for own, carried in ((host, switch), *further)]
    opened = [Slot(add_port(builder, hosts[port.host][0], port, vlans, addresses), *hosts[port.host]) for port in ports]
    for slot, other in pairwise(opened):
        if slot.cpus is other.cpus and slot.switch.bond:
            slot.twin = other.port
    return Machine(builder, *hosts[0][:2], opened[0].port, adapters=tuple(opened)).at(0)
